"""What the insights page shows of the figures: tables, the heat map's shades, chart data, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import orjson

from core.timeline.insights.report import Insights
from core.web.pages import insights_tables as tables
from core.web.pages.insights_tables import SHORT_WEEKDAYS, WEEKDAYS, Table
from core.web.translation import gettext, mark_plural, ngettext

SHADES = 5
_HINT, _ROUGH = 20, 100


@dataclass(frozen=True, slots=True)
class Sentences:
    """How sure a figure is that `few` or `some` things went into: each for one thing and for several."""

    few: tuple[str, str]
    some: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week: how much, and how dark, 0 for nothing."""

    day: str
    hour: int
    number: int
    shade: int


_HITS = Sentences(
    mark_plural(
        "From %(num)s read or click only: a hint, no more.", "From %(num)s reads and clicks only: a hint, no more."
    ),
    mark_plural("From %(num)s read or click: roughly right.", "From %(num)s reads and clicks: roughly right."),
)
MESSAGES = Sentences(
    mark_plural("From %(num)s message only: a hint, no more.", "From %(num)s messages only: a hint, no more."),
    mark_plural("From %(num)s message: roughly right.", "From %(num)s messages: roughly right."),
)


def describe_figures(insights: Insights) -> dict[str, Any]:
    """Build what the template shows beyond the insights themselves."""
    built = {key: build(insights) for key, build in tables.BUILDERS.items()}
    return {
        "tables": built,
        "chart": _write_chart(insights, built["course"]),
        "week": shade_week(insights.week),
        "weekdays": tuple(zip(WEEKDAYS, SHORT_WEEKDAYS, strict=True)),
        "busiest": _name_hour(insights.busiest),
        "certainty": describe_certainty(insights.total.people, _HITS),
        "reading": tables.measure_spread(insights.reading),
        "clicking": tables.measure_spread(insights.clicking),
        "reading_certainty": describe_certainty(insights.reading.count, MESSAGES),
        "clicking_certainty": describe_certainty(insights.clicking.count, MESSAGES),
        "response": _describe_response(insights),
        "machine_share": share_of(insights.total.machines, insights.total.machines + insights.total.people),
    }


def shade_week(week: Sequence[Sequence[int]]) -> tuple[tuple[Cell, ...], ...]:
    """Shade the hours of a week by their share of the busiest one."""
    most = max((number for row in week for number in row), default=0)
    return tuple(
        tuple(Cell(day, hour, number, -(-number * SHADES // most) if number else 0) for hour, number in enumerate(row))
        for day, row in zip(WEEKDAYS, week, strict=True)
    )


def describe_certainty(number: int, sentences: Sentences) -> str:
    """Say how much to make of a figure that few things went into; empty where there are many."""
    if number == 0 or number >= _ROUGH:
        return ""
    if number < _HINT:
        return ngettext(*sentences.few, number) % {"num": number}
    return ngettext(*sentences.some, number) % {"num": number}


def share_of(part: int, whole: int) -> int | None:
    """Return a share in per cent; None of nothing."""
    return round(100 * part / whole) if whole else None


def _describe_response(insights: Insights) -> str:
    """Say how many of the messages were read, and followed."""
    if insights.reading.count == 1:
        sentence = ngettext(
            "Of the %(num)s message sent in these days, 1 was read in them for all that can be seen, and"
            " %(clicked)s had a link followed.",
            "Of the %(num)s messages sent in these days, 1 was read in them for all that can be seen, and"
            " %(clicked)s had a link followed.",
            insights.sent,
        )
    else:
        sentence = ngettext(
            "Of the %(num)s message sent in these days, %(read)s were read in them for all that can be seen, and"
            " %(clicked)s had a link followed.",
            "Of the %(num)s messages sent in these days, %(read)s were read in them for all that can be seen, and"
            " %(clicked)s had a link followed.",
            insights.sent,
        )
    return sentence % {"num": insights.sent, "read": insights.reading.count, "clicked": insights.clicking.count}


def _name_hour(busiest: tuple[int, int] | None) -> str:
    if busiest is None:
        return ""
    day, hour = busiest
    hours = {"weekday": gettext(WEEKDAYS[day]), "begin": f"{hour:02d}:00", "end": f"{(hour + 1) % 24:02d}:00"}
    return gettext("%(weekday)s, %(begin)s to %(end)s") % hours


def _write_chart(insights: Insights, course: Table) -> str:
    """Write the course over time for the script that draws it: times, then each column."""
    times = [int(datetime.combine(step.first, time(), UTC).timestamp()) for step in insights.steps]
    columns = [list(numbers) for numbers in zip(*(line.numbers for line in course.lines), strict=True)]
    return orjson.dumps(
        {"times": times, "names": [gettext(name) for name in course.columns], "columns": columns}
    ).decode()
