"""Reading events: the timeline of one message, the feed of a workspace, one event.

The feed is in the order of judging. Places in it are given under the workspace's row lock, so that the order of
places is the order of commits: nothing ever appears behind a cursor that was handed out.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from core.storage.accounts import Workspace
from core.storage.events import Event
from core.timeline.cursors import decode_place, decode_position, encode_place, encode_position
from core.timeline.events import EventItem, read_event, select_events
from core.timeline.paging import DEFAULT_LIMIT, Page

_FEED: Final = "f"
_TIMELINE: Final = "t"


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
    session: Session, workspace_id: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[EventItem]:
    """Read the feed of a workspace from a cursor on, from its beginning without one. Raises InputError.

    `next_cursor` is never None: the place after the last item, or where it was if there is nothing new.
    """
    position = 0 if cursor is None else decode_position(_FEED, cursor)
    query = (
        select_events()
        .where(Event.workspace_id == workspace_id, Event.feed_position > position)
        .order_by(Event.feed_position)
        .limit(limit)
    )
    items = tuple(map(read_event, session.execute(query)))
    return Page(items, encode_position(_FEED, items[-1].position if items else position))


def find_feed_end(session: Session, workspace_id: str) -> str:
    """Return the cursor after all that is in the feed now, for those who follow only what is new."""
    workspace = session.get_one(Workspace, workspace_id, populate_existing=True)
    return encode_position(_FEED, workspace.feed_position)


def find_event(session: Session, workspace_id: str, event_id: str) -> EventItem | None:
    """Find one event of a workspace."""
    row = session.execute(select_events().where(Event.id == event_id, Event.workspace_id == workspace_id)).one_or_none()
    return None if row is None else read_event(row)
