"""Counts by stretches of UTC, and what they are in the viewer's calendar: by day, and by hour of the week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from core.timeline.insights.period import Period

WEEKLY_FROM_DAYS = 93
"""Longer periods are shown by week."""


@dataclass(slots=True)
class Counts:
    """How often something happened, by who did it. Reads and clicks are people's."""

    reads: int = 0
    clicks: int = 0
    prefetches: int = 0
    scans: int = 0
    own: int = 0
    unclear: int = 0

    def add(self, other: Counts) -> None:
        """Add another's counts to these."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def machines(self) -> int:
        """What machines did."""
        return self.prefetches + self.scans

    @property
    def people(self) -> int:
        """What people did."""
        return self.reads + self.clicks


Slot = tuple[datetime, Counts]
"""When a stretch began, in the viewer's zone, and what happened in it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a course over time: a day, or seven days from `first` on."""

    first: date
    counts: Counts


def count_by_step(slots: Iterable[Slot], period: Period) -> tuple[Step, ...]:
    """Count by day, or by seven days where the period is long. Steps in which nothing happened are there as well."""
    size = 7 if period.days >= WEEKLY_FROM_DAYS else 1
    steps = [Step(period.first + timedelta(days=number), Counts()) for number in range(0, period.days, size)]
    for at, counts in slots:
        steps[(at.date() - period.first).days // size].counts.add(counts)
    return tuple(steps)


def count_by_week_hour(slots: Iterable[Slot]) -> tuple[tuple[int, ...], ...]:
    """Count what people did by weekday (Monday first) and hour, in the viewer's zone, whatever its offset was then."""
    table = [[0] * 24 for _ in range(7)]
    for at, counts in slots:
        table[at.weekday()][at.hour] += counts.people
    return tuple(tuple(row) for row in table)


def total(slots: Iterable[Slot]) -> Counts:
    """Add everything up."""
    counts = Counts()
    for _, others in slots:
        counts.add(others)
    return counts


def find_busiest(table: Sequence[Sequence[int]]) -> tuple[int, int] | None:
    """Return weekday and hour with the most; None where nothing happened."""
    most = max((value, -day, -hour) for day, row in enumerate(table) for hour, value in enumerate(row))
    return (-most[1], -most[2]) if most[0] else None
