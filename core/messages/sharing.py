"""Showing one message to the whole team, or to nobody else any more."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.accounts.sight import Sight
from core.messages.lookup import load_own_message
from core.storage.accounts import Workspace
from core.storage.events import Event
from core.storage.messages import Message


def share_message(session: Session, sight: Sight, message_id: str, *, shared: bool) -> Message | None:
    """Share an own message with the team, or end that; None where there is none. Raises NotAllowedError.

    Sharing puts its events into the feed anew, in their old order: teammates follow the feed by cursors, and nothing
    may appear behind one that was handed out.
    """
    message = load_own_message(session, sight, message_id, lock=True)
    if message is None or message.is_shared == shared:
        return message
    message.is_shared = shared
    session.flush()
    of_message = select(Event.id, Event.revision).where(Event.message_id == message.id)
    events = session.execute(of_message.order_by(Event.feed_position)).all() if shared else []
    # A place is taken even where there is no event: pages that are open look at it for news.
    end = _take_positions(session, message.workspace_id, max(1, len(events)))
    if events:
        start = end - len(events) + 1
        places = [
            {"id": row.id, "feed_position": place, "revision": row.revision + 1}
            for place, row in enumerate(events, start)
        ]
        session.execute(update(Event), places)
    return message


def _take_positions(session: Session, workspace_id: str, count: int) -> int:
    """Take places in the feed under the workspace's lock, and return the last."""
    raised = (
        update(Workspace)
        .where(Workspace.id == workspace_id)
        .values(feed_position=Workspace.feed_position + count)
        .returning(Workspace.feed_position)
    )
    return session.execute(raised.execution_options(synchronize_session=False)).scalar_one()
