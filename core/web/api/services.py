"""What the API is given to work with; the composition root fills it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.timeline.correction import Rejudge
from core.tokens import TokenSigner

DEFAULT_REQUESTS_PER_MINUTE: Final = 600


def _nothing() -> None:
    return None


def _ignore(_alert_ids: Sequence[str]) -> None:
    return None


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Everything that a request may need.

    `sessions` may write, `reading_sessions` only reads. `keys` and `signer` are asked anew for each request, so
    keys rotate while serving. `rejudge` works in the caller's transaction and names the alerts that are due;
    `deliver` hears of them after the commit. `after_erasure` runs after the commit too: it makes SQLite's files
    forget. Without `redis_url` requests are counted in each process by itself.
    """

    settings: Settings
    sessions: Sessions
    reading_sessions: Sessions
    keys: Callable[[], KeyRing]
    signer: Callable[[], TokenSigner]
    rejudge: Rejudge
    deliver: Callable[[Sequence[str]], None] = _ignore
    after_erasure: Callable[[], object] = _nothing
    redis_url: str | None = None
    requests_per_minute: int = DEFAULT_REQUESTS_PER_MINUTE
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
