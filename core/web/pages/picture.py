"""The timeline as a picture: who did what, and how long after sending, laid out for a template to write as SVG.

Time runs on a logarithmic scale, for what matters lies both within seconds (machines) and after days (people). Each
recipient who can be told from the others has a lane; the surer an event, the larger its sign. Owns the geometry, not
the drawing: shapes and colours are the template's and the style sheet's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.signal.evidence import Kind, Verdict
from core.web.pages.times import show_since_sending
from core.web.pages.words import VERDICTS, Judged, Words, describe_confidence, describe_verdict
from core.web.translation import gettext, mark, ngettext

_MACHINES = (Verdict.PREFETCH, Verdict.SCANNER)
_COMMON = (
    (mark("Machines"), _MACHINES),
    (mark("You"), (Verdict.SELF,)),
    (mark("Unclear"), (Verdict.UNKNOWN,)),
)
_KINDS = {
    Kind.OPEN: mark("open"),
    Kind.CLICK: mark("click"),
    Kind.REPLY: mark("reply"),
    Kind.BOUNCE: mark("bounce"),
}
_MOST_READERS = 12
_TICKS = (
    (1, mark("1 s")),
    (10, mark("10 s")),
    (60, mark("1 min")),
    (600, mark("10 min")),
    (3600, mark("1 h")),
    (6 * 3600, mark("6 h")),
    (86400, mark("1 day")),
    (7 * 86400, mark("1 week")),
    (30 * 86400, mark("1 month")),
    (365 * 86400, mark("1 year")),
)
_DOT = 20.0  # the room that a dot takes
_STACK = 4
_LANE_PADDING = 14.0
_AXIS_HEIGHT = 34.0
_TOP = 8.0
_RIGHT = 22.0


class Marked(Judged, Protocol):
    """What is read of an event."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def confidence(self) -> float | None:
        """How sure that is."""

    @property
    def recipient(self) -> str | None:
        """Whose doing it was, None where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One event, or, with `more` above 0, those that find no room any more. `scale`: how large, for how sure."""

    x: float
    y: float
    key: str
    is_click: bool
    title: str
    scale: float = 1.0
    more: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture. `name` is cut to the room there is, `title` whole."""

    name: str
    title: str
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


def draw_timeline(
    events: Sequence[Marked], sent_at: datetime, *, width: float, readers: Mapping[str, str] | None = None
) -> Picture:
    """Lay out `events` (in any order) for a picture of `width` pixels.

    `readers`: the names, by address, of the recipients who can be told apart; none where a copy was shared.
    """
    rows = _sort_into_rows(events, readers or {})
    is_wide = width > 500
    longest = max(len(title) for title, _ in rows)
    room = min(150.0 if is_wide else 96.0, max(68.0, longest * 7.6 + 22))
    ages = [max(0.0, (event.at - sent_at).total_seconds()) for event in events]
    scale = _Scale(max(ages, default=60.0), room + 14, width - _RIGHT)
    lanes, top = [], _TOP
    for title, chosen in rows:
        lane = _lay_out(_shorten(title, int((room - 16) / 7.8)), title, chosen, sent_at, scale, top)
        lanes.append(lane)
        top += lane.height
    return Picture(
        width=width,
        height=top + _AXIS_HEIGHT,
        left=room,
        lanes=tuple(lanes),
        ticks=scale.ticks(52.0),
        legend=_legend(events),
        has_clicks=any(event.kind is Kind.CLICK for event in events),
        summary=_summarise(rows, events, sent_at),
    )


_Rows = list[tuple[str, list[Marked]]]


def _sort_into_rows(events: Sequence[Marked], readers: Mapping[str, str]) -> _Rows:
    """Give each reader who can be told a row, and machines, the sender and what is unclear one each."""
    kinds = {verdict: name for name, verdicts in _COMMON for verdict in verdicts}
    people = [event for event in events if event.verdict not in kinds]
    rows = _sort_by_reader(people, readers)
    for name, verdicts in _COMMON:
        chosen = [event for event in events if event.verdict in verdicts]
        if chosen or verdicts is _MACHINES:
            rows.append((gettext(name), chosen))
    return rows


def _sort_by_reader(people: list[Marked], readers: Mapping[str, str]) -> _Rows:
    if len(readers) < 2:
        return [(next(iter(readers.values()), gettext("People")), people)]
    found: dict[str | None, list[Marked]] = {address: [] for address in readers}
    for event in people:
        found.setdefault(event.recipient if event.recipient in readers else None, []).append(event)
    rest = found.pop(None, [])
    shown = list(readers)
    if len(shown) > _MOST_READERS:
        busiest: Callable[[str], int] = lambda address: -len(found[address])  # noqa: E731 - a key, said once
        shown = sorted(readers, key=busiest)[: _MOST_READERS - 1]
        rest += [event for address in readers if address not in shown for event in found[address]]
    others = len(readers) - len(shown)
    rows: _Rows = [(readers[address], found[address]) for address in shown]
    if others or rest:
        rows.append((_name_others(others), rest))
    return rows


def _name_others(number: int) -> str:
    if not number:
        return gettext("One of them")
    return ngettext("%(num)s other", "%(num)s others", number) % {"num": number}


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" .@") + "…"


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
        placed = [(self._left, gettext("sent"))]
        for seconds, label in _TICKS:
            x = self.x(seconds)
            if seconds <= self._longest * 1.02 and x - placed[-1][0] >= room and x <= self._right + 4:
                placed.append((x, gettext(label)))
        return tuple(placed)


def _lay_out(name: str, title: str, events: Sequence[Marked], sent_at: datetime, scale: _Scale, top: float) -> Lane:
    """Stack the dots of one lane: those that would overlap stand above each other, up to a limit."""
    columns = _stack(events, sent_at, scale)
    tallest = min(_STACK, max((len(column) for _, column in columns), default=1))
    height = tallest * _DOT + _LANE_PADDING
    middle = top + height / 2
    dots = [dot for x, column in columns for dot in _column_dots(column, sent_at, x, middle)]
    return Lane(name, title, top, middle, height, tuple(dots))


def _stack(events: Sequence[Marked], sent_at: datetime, scale: _Scale) -> list[tuple[float, list[Marked]]]:
    """Put events into columns that stand at least a dot apart."""
    columns: list[tuple[float, list[Marked]]] = []
    for event in sorted(events, key=lambda event: (event.at, event.id)):
        x = scale.x(max(0.0, (event.at - sent_at).total_seconds()))
        if columns and x - columns[-1][0] < _DOT:
            columns[-1][1].append(event)
        else:
            columns.append((x, [event]))
    return columns


def _column_dots(column: Sequence[Marked], sent_at: datetime, x: float, middle: float) -> list[Dot]:
    """Place the dots of one column around the lane's middle; what finds no room becomes a number on top."""
    shown = column if len(column) <= _STACK else column[: _STACK - 1]
    bottom = middle + (min(len(column), _STACK) - 1) * _DOT / 2
    dots = [_dot(event, sent_at, x, bottom - place * _DOT) for place, event in enumerate(shown)]
    rest = len(column) - len(shown)
    if rest:
        title = ngettext("%(num)s more", "%(num)s more", rest) % {"num": rest}
        dots.append(Dot(round(x, 1), round(bottom - (_STACK - 1) * _DOT, 1), "more", False, title, more=rest))
    return dots


def _dot(event: Marked, sent_at: datetime, x: float, y: float) -> Dot:
    verdict = describe_verdict(event)
    is_click = event.kind is Kind.CLICK
    return Dot(round(x, 1), round(y, 1), verdict.key, is_click, _tell(event, sent_at), _size(event.confidence))


def _tell(event: Marked, sent_at: datetime) -> str:
    told = gettext("%(who)s: %(what)s, %(time)s") % {
        "who": gettext(describe_verdict(event).text),
        "what": gettext(_KINDS[event.kind]),
        "time": show_since_sending(event.at, sent_at),
    }
    sure = describe_confidence(event.confidence)
    return f"{told}. {sure}" if sure else told


def _size(confidence: float | None) -> float:
    """Draw what is surer larger: three sizes, which can be told apart."""
    if confidence is None or confidence >= 0.8:
        return 1.0
    return 0.8 if confidence >= 0.55 else 0.62


def _legend(events: Sequence[Marked]) -> tuple[Words, ...]:
    present = {describe_verdict(event) for event in events}
    known = [found for found in VERDICTS.values() if found in present]
    return (*known, *sorted(present - set(known), key=lambda found: found.key))


def _summarise(rows: _Rows, events: Sequence[Marked], sent_at: datetime) -> str:
    """Say what the picture shows, for those who do not see it."""
    number = len(events)
    total = ngettext("%(num)s event since sending.", "%(num)s events since sending.", number) % {"num": number}
    lanes = [_summarise_lane(title, chosen, sent_at) for title, chosen in rows]
    return " ".join([total, *lanes, gettext("The list below tells each.")])


def _summarise_lane(title: str, events: Sequence[Marked], sent_at: datetime) -> str:
    if not events:
        return gettext("%(lane)s: nothing.") % {"lane": title}
    times = sorted(event.at for event in events)
    return ngettext(
        "%(lane)s: %(num)s event, the first %(first)s.",
        "%(lane)s: %(num)s events, the first %(first)s, the latest %(latest)s.",
        len(times),
    ) % {
        "lane": title,
        "num": len(times),
        "first": show_since_sending(times[0], sent_at),
        "latest": show_since_sending(times[-1], sent_at),
    }
