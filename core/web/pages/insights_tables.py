"""The figures of the insights page as tables: the same for the page, for its charts, and for spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.timeline.insights.gathering import WAITS_SECONDS, Share, Waits
from core.timeline.insights.report import Breakdown, Insights
from core.timeline.insights.slots import WEEKLY_FROM_DAYS
from core.web.csv_export import Cell
from core.web.pages.times import show_duration
from core.web.translation import gettext, mark

WEEKDAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
SHORT_WEEKDAYS = (mark("Mo"), mark("Tu"), mark("We"), mark("Th"), mark("Fr"), mark("Sa"), mark("Su"))
_COUNTED = (mark("Reads"), mark("Clicks"))


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is of, its numbers, and how long its bar is, of 100. `country` is an ISO 3166-1 code."""

    name: str
    numbers: tuple[int, ...]
    bar: float = 0.0
    country: str = ""
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `key` names it in addresses, `of` is what its lines are."""

    key: str
    of: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def build_course(insights: Insights) -> Table:
    """Build the table of what happened over time, machines apart."""
    lines = [
        (step.first.isoformat(), (c.reads, c.clicks, c.prefetches, c.scans))
        for step in insights.steps
        for c in [step.counts]
    ]
    of = mark("Seven days from") if insights.period.days >= WEEKLY_FROM_DAYS else mark("Day")
    return Table(
        "course", of, (*_COUNTED, mark("Fetched ahead"), mark("Scanners")), tuple(Line(*line) for line in lines)
    )


def build_week(insights: Insights) -> Table:
    """Build the table of what people did by hour of the week."""
    lines = (Line(gettext(day), row) for day, row in zip(WEEKDAYS, insights.week, strict=True))
    return Table("hours", mark("Weekday"), tuple(f"{hour:02d}" for hour in range(24)), tuple(lines))


def build_clients(insights: Insights) -> Table:
    """Build the table of programs."""
    return _build_shares("clients", mark("Program"), insights.clients, gettext("Program not known"))


def build_countries(insights: Insights) -> Table:
    """Build the table of countries."""
    unknown = gettext("Place not known (through a mail provider)")
    return _build_shares("places", mark("Country"), insights.countries, unknown, are_countries=True)


def build_towns(insights: Insights) -> Table:
    """Build the table of towns."""
    return Table("towns", mark("Town"), _COUNTED, _lines(insights.cities, insights.cities))


def build_domains(insights: Insights) -> Table:
    """Build the table of the domains that was written to."""
    return _build_shares("domains", mark("Domain"), insights.domains, gettext("Shared copies: one of several people"))


def build_waits(insights: Insights) -> Table:
    """Build the table of how many messages were read, and clicked in, after how long."""
    names = [
        gettext("Within %(time)s") % {"time": show_duration(timedelta(seconds=limit))} for limit in WAITS_SECONDS
    ] + [gettext("Later")]
    rows = list(zip(names, insights.reading.bars, insights.clicking.bars, strict=True))
    most = max((max(reads, clicks) for _, reads, clicks in rows), default=0)
    lines = [Line(name, (reads, clicks), _scale(reads, most)) for name, reads, clicks in rows]
    none = max(0, insights.sent - insights.reading.count), max(0, insights.sent - insights.clicking.count)
    lines.append(Line(gettext("No sign of it so far"), none, is_rest=True))
    return Table("response", mark("From sending"), (mark("First read"), mark("First click")), tuple(lines))


def _build_shares(key: str, of: str, breakdown: Breakdown, unknown: str, *, are_countries: bool = False) -> Table:
    everything = (*breakdown.shares, breakdown.others, breakdown.unknown)
    lines = _lines(breakdown.shares, everything, are_countries=are_countries)
    rest = [(gettext("All others"), breakdown.others), (unknown, breakdown.unknown)]
    extra = [
        Line(name, (share.reads, share.clicks), _bar(share, everything), is_rest=True)
        for name, share in rest
        if share.reads or share.clicks
    ]
    return Table(key, of, _COUNTED, (*lines, *extra))


def _lines(shares: Iterable[Share], everything: Sequence[Share], *, are_countries: bool = False) -> tuple[Line, ...]:
    return tuple(
        Line(
            share.name or "",
            (share.reads, share.clicks),
            _bar(share, everything),
            country=share.name or "" if are_countries else "",
        )
        for share in shares
    )


def _bar(share: Share, everything: Sequence[Share]) -> float:
    return _scale(share.reads + share.clicks, max(other.reads + other.clicks for other in everything))


def _scale(value: int, most: int) -> float:
    return round(100 * value / most, 1) if most else 0.0


BUILDERS: dict[str, Callable[[Insights], Table]] = {
    "course": build_course,
    "hours": build_week,
    "clients": build_clients,
    "places": build_countries,
    "towns": build_towns,
    "domains": build_domains,
    "response": build_waits,
}


def write_rows(table: Table) -> tuple[list[str], list[list[Cell]]]:
    """Return a table's header and rows, as a file holds them."""
    return [gettext(name) for name in (table.of, *table.columns)], [[line.name, *line.numbers] for line in table.lines]


def measure_spread(waits: Waits) -> dict[str, str]:
    """Put the percentiles of a wait into words; empty where there is nothing."""
    shown = {number: show_duration(timedelta(seconds=seconds)) for number, seconds in waits.percentiles.items()}
    if not shown:
        return {}
    return {
        "median": shown[50],
        "half": gettext("%(least)s to %(most)s") % {"least": shown[25], "most": shown[75]},
        "most": shown[90],
    }
