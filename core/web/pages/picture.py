"""The timeline as a picture: who did what, and how long after sending, laid out for a template to write as SVG.

Time runs on a logarithmic scale, for what matters lies both within seconds (machines) and after days (people).
Owns the geometry, not the drawing: shapes and colours are the template's and the style sheet's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.signal.evidence import Kind, Verdict
from core.timeline.events import EventItem
from core.web.pages.times import show_since_sending
from core.web.pages.words import VERDICTS, Words, describe_verdict

_LANES = (
    ("People", (Verdict.HUMAN, Verdict.HUMAN_VIA_PROXY, None)),
    ("Machines", (Verdict.PREFETCH, Verdict.SCANNER)),
    ("You", (Verdict.SELF,)),
    ("Unclear", (Verdict.UNKNOWN,)),
)
_ALWAYS = ("People", "Machines")
_TICKS = (
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3600, "1 h"),
    (6 * 3600, "6 h"),
    (86400, "1 day"),
    (7 * 86400, "1 week"),
    (30 * 86400, "1 month"),
    (365 * 86400, "1 year"),
)
_DOT = 20.0  # the room that a dot takes
_STACK = 4
_LANE_PADDING = 14.0
_AXIS_HEIGHT = 34.0
_TOP = 8.0
_RIGHT = 22.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One event, or, with `more` above 0, those that find no room any more."""

    x: float
    y: float
    key: str
    is_click: bool
    title: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture."""

    name: str
    top: float
    middle: float
    height: float
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything to be drawn, in pixels. `legend` names the kinds of dots that occur."""

    width: float
    height: float
    left: float
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    legend: tuple[Words, ...]
    has_clicks: bool
    summary: str


def draw_timeline(events: Sequence[EventItem], sent_at: datetime, *, width: float) -> Picture:
    """Lay out `events` (in any order) for a picture of `width` pixels."""
    left = 84.0 if width > 500 else 68.0
    ages = [max(0.0, (event.at - sent_at).total_seconds()) for event in events]
    scale = _Scale(max(ages, default=60.0), left + 14, width - _RIGHT)
    lanes, top = [], _TOP
    for name, verdicts in _LANES:
        chosen = [event for event in events if event.verdict in verdicts]
        if chosen or name in _ALWAYS:
            lane = _lay_out(name, chosen, sent_at, scale, top)
            lanes.append(lane)
            top += lane.height
    return Picture(
        width=width,
        height=top + _AXIS_HEIGHT,
        left=left,
        lanes=tuple(lanes),
        ticks=scale.ticks(52.0),
        legend=_legend(events),
        has_clicks=any(event.kind is Kind.CLICK for event in events),
        summary=_summarise(lanes, events),
    )


class _Scale:
    """Places ages in seconds along the axis, from sending to the last event."""

    def __init__(self, longest: float, left: float, right: float) -> None:
        self._left, self._right = left, right
        self._longest = max(longest, 60.0)
        self._span = math.log1p(self._longest)

    def x(self, age: float) -> float:
        return self._left + (self._right - self._left) * math.log1p(age) / self._span

    def ticks(self, room: float) -> tuple[tuple[float, str], ...]:
        """Choose the marks that fit, each with `room` pixels of its own."""
        placed = [(self._left, "sent")]
        for seconds, label in _TICKS:
            x = self.x(seconds)
            if seconds <= self._longest * 1.02 and x - placed[-1][0] >= room and x <= self._right + 4:
                placed.append((x, label))
        return tuple(placed)


def _lay_out(name: str, events: Sequence[EventItem], sent_at: datetime, scale: _Scale, top: float) -> Lane:
    """Stack the dots of one lane: those that would overlap stand above each other, up to a limit."""
    columns = _stack(events, sent_at, scale)
    tallest = min(_STACK, max((len(column) for _, column in columns), default=1))
    height = max(2, tallest) * _DOT + _LANE_PADDING
    middle = top + height / 2
    dots = [dot for x, column in columns for dot in _column_dots(column, sent_at, x, middle)]
    return Lane(name, top, middle, height, tuple(dots))


def _stack(events: Sequence[EventItem], sent_at: datetime, scale: _Scale) -> list[tuple[float, list[EventItem]]]:
    """Put events into columns that stand at least a dot apart."""
    columns: list[tuple[float, list[EventItem]]] = []
    for event in sorted(events, key=lambda event: (event.at, event.id)):
        x = scale.x(max(0.0, (event.at - sent_at).total_seconds()))
        if columns and x - columns[-1][0] < _DOT:
            columns[-1][1].append(event)
        else:
            columns.append((x, [event]))
    return columns


def _column_dots(column: Sequence[EventItem], sent_at: datetime, x: float, middle: float) -> list[Dot]:
    """Place the dots of one column around the lane's middle; what finds no room becomes a number on top."""
    shown = column if len(column) <= _STACK else column[: _STACK - 1]
    bottom = middle + (min(len(column), _STACK) - 1) * _DOT / 2
    dots = [_dot(event, sent_at, x, bottom - place * _DOT) for place, event in enumerate(shown)]
    rest = len(column) - len(shown)
    if rest:
        dots.append(Dot(round(x, 1), round(bottom - (_STACK - 1) * _DOT, 1), "more", False, f"{rest} more", rest))
    return dots


def _dot(event: EventItem, sent_at: datetime, x: float, y: float) -> Dot:
    verdict = describe_verdict(event)
    title = f"{verdict.text}: {event.kind.value}, {show_since_sending(event.at, sent_at)}"
    return Dot(round(x, 1), round(y, 1), verdict.key, event.kind is Kind.CLICK, title)


def _legend(events: Sequence[EventItem]) -> tuple[Words, ...]:
    present = {describe_verdict(event) for event in events}
    known = [found for found in VERDICTS.values() if found in present]
    return (*known, *sorted(present - set(known), key=lambda found: found.key))


def _summarise(lanes: Sequence[Lane], events: Sequence[EventItem]) -> str:
    counts = [f"{sum(dot.more or 1 for dot in lane.dots)} in the lane {lane.name}" for lane in lanes if lane.dots]
    return f"{len(events)} events after sending: {', '.join(counts)}. The list below tells each."
