"""Removing a message with everything that hangs on it; its links go on redirecting, since they need no record."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.storage.messages import Message


def delete_message(session: Session, workspace_id: str, message_id: str) -> bool:
    """Delete a message of a workspace: copies, recipients, links, events, views, alerts. Return whether it was there.

    Hits on its copies that come later are dropped.
    """
    gone = session.execute(
        delete(Message)
        .where(Message.id == message_id, Message.workspace_id == workspace_id)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return gone.one_or_none() is not None
