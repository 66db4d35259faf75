"""How many links may be asked for, so that nobody is flooded with them: counted in this process, by digests alone."""

from __future__ import annotations

from hashlib import blake2b
from secrets import token_bytes
from typing import Final

from limits import RateLimitItemPerDay, RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

_PER_COPY: Final = RateLimitItemPerHour(5)
_PER_ADDRESS: Final = RateLimitItemPerDay(3)
_IN_ALL: Final = RateLimitItemPerHour(300)


class LetterLimits:
    """Counts what is asked for, whether or not a mail goes out: else the limit would tell who is a recipient."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._key = token_bytes(16)

    def allow(self, copy_id: int, folded_address: str) -> bool:
        """Count one request; say whether it may go on."""
        name = blake2b(folded_address.encode("utf-8", "replace"), key=self._key, digest_size=12).hexdigest()
        hit = self._limiter.hit
        return hit(_PER_COPY, f"copy:{copy_id}") and hit(_PER_ADDRESS, f"address:{name}") and hit(_IN_ALL, "all")
