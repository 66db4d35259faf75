"""What just happened: the events of all messages within one's sight, the latest news first.

It goes back along the places of the feed (`core.timeline.feed`, for programs), which is the order of judging: an event
that is judged again, by a later hit or a correction, is news again. Each page is in the order of happening.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message
from core.signal.evidence import Kind, Verdict
from core.storage.events import Event
from core.storage.messages import Message, Recipient
from core.timeline.cursors import decode_position, encode_position
from core.timeline.events import EventItem, read_event, select_events
from core.timeline.feed import find_feed_position, find_if_few

_KIND: Final = "r"
_STRETCH: Final = 2000
PEOPLE: Final = tuple(verdict.value for verdict in Verdict if verdict.is_human)
_UNJUDGED: Final = (Kind.REPLY.value, Kind.BOUNCE.value)


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
    few = find_if_few(session, sight)
    wanted = [] if machines else [or_(Event.verdict.in_(PEOPLE), Event.kind.in_(_UNJUDGED))]
    # Who sees but few messages finds events by them, rather than by looking through a whole workspace.
    seen = [sees_message(sight)] if few is None else [Event.message_id.in_(few)]
    top = find_feed_position(session, sight.workspace_id)
    start = top + 1 if cursor is None else decode_position(_KIND, cursor)
    rows: list[Any] = []
    end = time.monotonic() + (patience or 0)
    while len(rows) <= limit and start > 0:
        floor = 0 if patience is None or few is not None else max(0, start - _STRETCH)
        within = and_(Event.workspace_id == sight.workspace_id, Event.feed_position.between(floor, start - 1))
        rows += _select(session, [within, *seen, *wanted], limit + 1 - len(rows))
        start = floor
        if time.monotonic() >= end and len(rows) <= limit and start > 0:
            return Recent(_read(session, rows), encode_position(_KIND, start), _find_time(session, sight, start))
    more = rows[limit - 1].feed_position if len(rows) > limit else None
    return Recent(_read(session, rows[:limit]), None if more is None else encode_position(_KIND, more))


def _select(session: Session, where: Sequence[ColumnElement[bool]], count: int) -> Sequence[Any]:
    query = select_events().add_columns(Message.subject, Recipient.name)
    query = query.join(Message, Message.id == Event.message_id).where(*where)
    return session.execute(query.order_by(Event.feed_position.desc()).limit(count)).all()


def _find_time(session: Session, sight: Sight, position: int) -> datetime | None:
    """Find when the event at a place, or the next after it, happened."""
    after = (Event.workspace_id == sight.workspace_id, Event.feed_position >= position)
    return session.scalar(select(Event.at).where(*after).order_by(Event.feed_position).limit(1))


def _read(session: Session, rows: Sequence[Any]) -> tuple[RecentItem, ...]:
    ids = {row.message_id for row in rows}
    query = select(Recipient.message_id, func.count()).where(Recipient.message_id.in_(ids))
    counts = Counter({row[0]: row[1] for row in session.execute(query.group_by(Recipient.message_id))})
    items = [RecentItem(read_event(row), row.subject, row.name, counts[row.message_id]) for row in rows]
    return tuple(sorted(items, key=lambda item: (item.event.at, item.event.id), reverse=True))
