"""What just happened: the events of all messages within one's sight, newest first, in the order in which they happened.

The feed of programs, in the order of judging, is `core.timeline.feed`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message
from core.signal.evidence import Kind, Verdict
from core.storage.events import Event
from core.storage.messages import Message, Recipient
from core.timeline.cursors import decode_place, encode_place
from core.timeline.events import EventItem, read_event, select_events
from core.timeline.feed import find_if_few

_KIND: Final = "r"
_STRETCH: Final = 1000
PEOPLE: Final = tuple(verdict.value for verdict in Verdict if verdict.is_human)
_UNJUDGED: Final = (Kind.REPLY.value, Kind.BOUNCE.value)

_Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class RecentItem:
    """One event with what its sentence needs. `name` is the recipient's, where it is known who it was."""

    event: EventItem
    subject: str
    name: str | None
    recipients: int


@dataclass(frozen=True, slots=True)
class Recent:
    """A page of it. `next_cursor` is None at the end; `searched_to` says where a search stopped to answer in time."""

    items: tuple[RecentItem, ...]
    next_cursor: str | None
    searched_to: datetime | None = None


def list_recent(
    session: Session, sight: Sight, *, machines: bool, cursor: str | None, limit: int, patience: float | None
) -> Recent:
    """List events, newest first: of people, or with `machines` of all. Raises InputError for a cursor that is none."""
    place = _read_cursor(cursor)
    few = find_if_few(session, sight)
    conditions: list[ColumnElement[bool]] = [Event.workspace_id == sight.workspace_id]
    if few is not None:  # along their messages, rather than through a whole workspace
        conditions = [Event.message_id.in_(few)]
    shown = [] if machines else [or_(Event.verdict.in_(PEOPLE), Event.kind.in_(_UNJUDGED))]
    if few is None:
        shown.append(sees_message(sight))
    rows: list[Any] = []
    end = time.monotonic() + (patience or 0)
    while True:
        below = conditions if place is None else [*conditions, _before(place)]
        edge = None if patience is None else _find_edge(session, below)
        within = [] if edge is None else [tuple_(Event.at, Event.id) >= tuple_(*_literals(edge))]
        rows += _select(session, [*below, *within, *shown], limit + 1 - len(rows))
        if edge is None or len(rows) > limit:
            break
        place = edge
        if time.monotonic() >= end:
            return Recent(_read(session, rows), encode_place(_KIND, *edge), edge[0])
    last = rows[limit - 1] if len(rows) > limit else None
    return Recent(_read(session, rows[:limit]), encode_place(_KIND, last.at, last.id) if last else None)


def _read_cursor(cursor: str | None) -> _Place | None:
    at, identifier = decode_place(_KIND, cursor) if cursor is not None else (None, "")
    return None if at is None else (at, identifier)


def _select(session: Session, where: Sequence[ColumnElement[bool]], count: int) -> Sequence[Any]:
    query = select_events().add_columns(Message.subject, Recipient.name)
    query = query.join(Message, Message.id == Event.message_id).where(*where)
    return session.execute(query.order_by(Event.at.desc(), Event.id.desc()).limit(count)).all()


def _find_edge(session: Session, where: Sequence[ColumnElement[bool]]) -> _Place | None:
    """Find where a stretch ends, None where the list does."""
    query = select(Event.at, Event.id).where(*where).order_by(Event.at.desc(), Event.id.desc())
    row = session.execute(query.offset(_STRETCH - 1).limit(1)).one_or_none()
    return None if row is None else (row.at, row.id)


def _before(place: _Place) -> ColumnElement[bool]:
    # The first condition says nothing new, but lets the index on time find the place.
    return and_(Event.at <= place[0], tuple_(Event.at, Event.id) < tuple_(*_literals(place)))


def _literals(place: _Place) -> tuple[Any, Any]:
    return literal(place[0], Event.at.type), literal(place[1], Event.id.type)


def _read(session: Session, rows: Sequence[Any]) -> tuple[RecentItem, ...]:
    ids = {row.message_id for row in rows}
    query = select(Recipient.message_id, func.count()).where(Recipient.message_id.in_(ids))
    counts = Counter({row[0]: row[1] for row in session.execute(query.group_by(Recipient.message_id))})
    return tuple(RecentItem(read_event(row), row.subject, row.name, counts[row.message_id]) for row in rows)
