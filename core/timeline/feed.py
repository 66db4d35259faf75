"""Reading events: the timeline of one message, the feed of a workspace, one event.

The feed is in the order of judging. Places in it are given under the workspace's row lock, so that the order of
places is the order of commits: nothing ever appears behind a cursor that was handed out.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message, split_sight
from core.storage.accounts import Workspace
from core.storage.events import Event
from core.storage.messages import Message
from core.timeline.cursors import decode_place, decode_position, encode_place, encode_position
from core.timeline.events import EventItem, read_event, select_events
from core.timeline.paging import DEFAULT_LIMIT, Page

_FEED: Final = "f"
_TIMELINE: Final = "t"
_FEW_MESSAGES: Final = 500
_FEW_EVENTS: Final = 5_000


def list_message_events(
    session: Session, message_id: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[EventItem]:
    """List the events of a message, oldest first. Whose message it is was checked by the caller. Raises InputError."""
    query = select_events().where(Event.message_id == message_id).order_by(Event.at, Event.id).limit(limit + 1)
    if cursor is not None:
        at, identifier = decode_place(_TIMELINE, cursor)
        # The first condition says nothing new, but lets the index on (message, time) find the place.
        query = query.where(Event.at >= at, or_(Event.at > at, and_(Event.at == at, Event.id > identifier)))
    items = tuple(map(read_event, session.execute(query)))
    last = items[limit - 1] if len(items) > limit else None
    return Page(items[:limit], encode_place(_TIMELINE, last.at, last.id) if last else None)


def read_feed(
    session: Session, sight: Sight, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[EventItem]:
    """Read the events that may be seen from a cursor on, from the feed's beginning without one. Raises InputError.

    `next_cursor` is never None: the place after the last item, or where it was if there is nothing new.
    """
    position = 0 if cursor is None else decode_position(_FEED, cursor)
    seen = select_seen_events(session, sight, after=position)
    items = tuple(map(read_event, session.execute(seen.order_by(Event.feed_position).limit(limit))))
    return Page(items, encode_position(_FEED, items[-1].position if items else position))


def select_seen_events(session: Session, sight: Sight, *, after: int = 0) -> Select[*tuple[Any, ...]]:
    """Select the events behind a place in the feed that may be seen, in the way that reads least.

    Mostly that is along the feed. Who sees but few messages would then read most of a long feed for nothing, so theirs
    are found by the messages.
    """
    behind = and_(Event.workspace_id == sight.workspace_id, Event.feed_position > after)
    if sight.is_whole:
        return select_events().where(behind)
    if find_feed_position(session, sight.workspace_id) - after > _FEW_EVENTS:
        few = find_if_few(session, sight)
        if few is not None:
            return select_events().where(Event.message_id.in_(few), Event.feed_position > after)
    return select_events().join(Message, Message.id == Event.message_id).where(behind, sees_message(sight))


def find_if_few(session: Session, sight: Sight) -> set[str] | None:
    """Return the ids of all messages that may be seen, None if they are many."""
    found: set[str] = set()
    for seen in split_sight(sight):
        found.update(session.scalars(select(Message.id).where(seen).limit(_FEW_MESSAGES + 1)))
    return found if len(found) <= _FEW_MESSAGES else None


def find_feed_position(session: Session, workspace_id: str) -> int:
    """Return the place of the newest event, whoever may see it."""
    return session.scalar(select(Workspace.feed_position).where(Workspace.id == workspace_id)) or 0


def find_feed_end(session: Session, sight: Sight) -> str:
    """Return the cursor after all that is in the feed now, for those who follow only what is new."""
    return encode_position(_FEED, find_feed_position(session, sight.workspace_id))


def find_event(session: Session, sight: Sight, event_id: str) -> EventItem | None:
    """Find one event that may be seen."""
    query = select_events().join(Message, Message.id == Event.message_id)
    row = session.execute(query.where(Event.id == event_id, sees_message(sight))).one_or_none()
    return None if row is None else read_event(row)
