"""The stretch of time that insights look at: whole days of the viewer's calendar, the last one today or chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import gcd
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import InputError

CHOICES: Final = {"7": 7, "30": 30, "90": 90, "365": 365}
DEFAULT: Final = "30"
MOST_DAYS: Final = 366
_EARLIEST: Final = date(2000, 1, 1)
_HOUR_SECONDS: Final = 3600
_LEAST_SLOT_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in a zone, both ends included. `choice` is the length chosen, "" for days named one by one."""

    first: date
    last: date
    zone: ZoneInfo
    choice: str = ""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """When it begins."""
        return _begin(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """When it is over: the moment after its end."""
        return _begin(self.last + timedelta(days=1), self.zone)

    @property
    def slot_seconds(self) -> int:
        """The longest stretch into which UTC can be cut so that no hour of the zone is torn: 3600, 1800 or 900."""
        size = _HOUR_SECONDS
        for number in range(self.days + 1):
            offset = _begin(self.first + timedelta(days=number), self.zone).astimezone(self.zone).utcoffset()
            size = gcd(size, int((offset or timedelta()).total_seconds()))
        return max(size, _LEAST_SLOT_SECONDS)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def parse_period(choice: str, first: str, last: str, zone: ZoneInfo, now: datetime) -> Period:
    """Read what was chosen: a length in days, or two dates (RFC 3339), which win. Raises InputError."""
    today = now.astimezone(zone).date()
    if not first and not last:
        name = choice or DEFAULT
        if name not in CHOICES:
            raise InputError("Choose 7, 30, 90 or 365 days, or two dates.")
        return Period(today - timedelta(days=CHOICES[name] - 1), today, zone, name)
    return _check(Period(_parse(first), _parse(last), zone), today)


def _parse(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise InputError("Give both dates as year, month and day, such as 2026-11-30.") from error


def _check(period: Period, today: date) -> Period:
    if period.first > period.last:
        raise InputError("The first day comes after the last one.")
    if period.days > MOST_DAYS:
        raise InputError(f"That is {period.days} days; insights look at {MOST_DAYS} at most.")
    if period.first < _EARLIEST or period.last > today + timedelta(days=1):
        raise InputError("Choose days between the year 2000 and today.")
    return period
