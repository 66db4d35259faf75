"""What Microsoft Graph's error answers mean: grant the access again, come back later, or never.

Source: https://learn.microsoft.com/graph/errors and https://learn.microsoft.com/graph/throttling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from core.errors import MailerPlexError, ProviderError, ReauthorisationError, UnavailableError

_NO_MAILBOX: Final = frozenset({"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI", "ErrorInvalidUser"})


def translate(status: int, headers: Mapping[str, str], body: bytes) -> MailerPlexError:
    """Return our error for an error answer of Graph."""
    code = parse_code(body)
    if status == 401:
        return ReauthorisationError("Microsoft no longer honours what was granted.")
    if status == 429 or status >= 500:
        return UnavailableError(
            f"Microsoft asks to come back later ({status}).", retry_after_seconds=parse_retry_after(headers)
        )
    if code in _NO_MAILBOX:
        return ProviderError("This Microsoft account has no mailbox that Graph reaches.", status=status)
    if status == 403:
        return ReauthorisationError("Microsoft says that this was not granted.")
    return ProviderError(f"Microsoft refused with {status}.", status=status)


def parse_code(body: bytes) -> str:
    """Read the code of an error body; empty where it is something else."""
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` in seconds (RFC 9110, 10.2.3), as Graph writes it."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None
