"""Times on pages: `<time>` elements that read well in UTC, and that a script turns into the viewer's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from core.web.translation import gettext, mark, mark_plural, ngettext

_STEPS = (
    (86400 * 365, mark_plural("%(num)s year", "%(num)s years")),
    (86400 * 30, mark_plural("%(num)s month", "%(num)s months")),
    (86400 * 7, mark_plural("%(num)s week", "%(num)s weeks")),
    (86400, mark_plural("%(num)s day", "%(num)s days")),
    (3600, mark_plural("%(num)s hour", "%(num)s hours")),
    (60, mark_plural("%(num)s min", "%(num)s min")),
    (0, mark_plural("%(num)s s", "%(num)s s")),
)
_WEEKDAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
_MONTHS = (
    mark("January"),
    mark("February"),
    mark("March"),
    mark("April"),
    mark("May"),
    mark("June"),
    mark("July"),
    mark("August"),
    mark("September"),
    mark("October"),
    mark("November"),
    mark("December"),
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
    size, (one, many) = next(step for step in _STEPS if seconds >= step[0])
    number = round(seconds / (size or 1))
    return ngettext(one, many, number) % {"num": number}


def show_day(day: date) -> str:
    """Write a day with its weekday."""
    names = {"weekday": gettext(_WEEKDAYS[day.weekday()]), "month": gettext(_MONTHS[day.month - 1])}
    return gettext("%(weekday)s, %(day)s %(month)s %(year)s") % {**names, "day": day.day, "year": day.year}


def show_since_sending(at: datetime, sent_at: datetime | None) -> str:
    """Say how long after sending something happened."""
    if sent_at is None:
        return ""
    if at < sent_at:
        return gettext("%(time)s before sending") % {"time": show_duration(sent_at - at)}
    return gettext("%(time)s after sending") % {"time": show_duration(at - sent_at)}
