"""Times on pages: `<time>` elements that read well in UTC, and that a script turns into the viewer's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

_STEPS = (
    (86400 * 365, "year"),
    (86400 * 30, "month"),
    (86400 * 7, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "min"),
)


def show_time(at: datetime | None, style: str = "relative") -> Markup:
    """Build a `<time>` element. `style`: what the script makes of it, "relative" or "exact"."""
    if at is None:
        return Markup("–")
    moment = at.astimezone(UTC)
    iso = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    # Nothing here comes from outside, so nothing needs escaping; lists have many times.
    return Markup(f'<time datetime="{iso}" data-time="{style}" title="{shown}">{shown}</time>')  # noqa: S704 - see above


def show_duration(span: timedelta) -> str:
    """Write a length of time by its largest unit, such as "3 hours"."""
    seconds = abs(span.total_seconds())
    for size, name in _STEPS:
        if seconds >= size:
            number = round(seconds / size)
            return f"{number} {name}" if number == 1 or name == "min" else f"{number} {name}s"
    return f"{round(seconds)} s"


def show_since_sending(at: datetime, sent_at: datetime | None) -> str:
    """Say how long after sending something happened."""
    if sent_at is None:
        return ""
    if at < sent_at:
        return f"{show_duration(sent_at - at)} before sending"
    return f"{show_duration(at - sent_at)} after sending"
