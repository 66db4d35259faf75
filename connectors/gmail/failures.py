"""What Google's error answers mean: grant the access again, come back later, or never.

Source: https://developers.google.com/workspace/gmail/api/guides/handle-errors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from core.errors import MailerPlexError, ProviderError, ReauthorisationError, UnavailableError

_TOO_MUCH: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})
_NOT_GRANTED: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_NOT_ENABLED: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})


def translate(status: int, headers: Mapping[str, str], body: bytes) -> MailerPlexError:
    """Return our error for an error answer of one of Google's APIs."""
    reasons = parse_reasons(body)
    if status == 401:
        return ReauthorisationError("Google no longer honours what was granted.")
    if status == 429 or status >= 500 or reasons & _TOO_MUCH:
        return UnavailableError(
            f"Google asks to come back later ({status}).", retry_after_seconds=parse_retry_after(headers)
        )
    if reasons & _NOT_ENABLED:
        return ProviderError(
            "The Gmail API is not enabled in the Google Cloud project: enable it there.", status=status
        )
    if reasons & _NOT_GRANTED:
        return ReauthorisationError("Google says that this was not granted.")
    return ProviderError(f"Google refused with {status}.", status=status)


def parse_reasons(body: bytes) -> frozenset[str]:
    """Read the reasons of an error body, from its old and its new form; none where it is something else."""
    try:
        error = json.loads(body)["error"]
        entries: list[Any] = [*error.get("errors", ()), *error.get("details", ())]
        return frozenset(str(entry["reason"]) for entry in entries if isinstance(entry, dict) and "reason" in entry)
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` in seconds (RFC 9110, 10.2.3); a date is not used by Google and counts as none."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None
