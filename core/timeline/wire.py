"""How times go over the wire."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(at: datetime) -> str:
    """Write a time as RFC 3339 in UTC with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def format_optional_time(at: datetime | None) -> str | None:
    """Write a time if there is one."""
    return None if at is None else format_time(at)
