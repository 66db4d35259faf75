"""Removing a message with everything that hangs on it; its links go on redirecting, since they need no record."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.accounts.sight import Sight
from core.messages.lookup import load_own_message
from core.storage.messages import Message


def delete_message(session: Session, sight: Sight, message_id: str) -> bool:
    """Delete an own message: copies, recipients, links, events, views, alerts. Return whether it was there.

    Hits on its copies that come later are dropped. Raises NotAllowedError for a message that a teammate shares.
    """
    message = load_own_message(session, sight, message_id, lock=True)
    if message is None:
        return False
    session.execute(delete(Message).where(Message.id == message_id).execution_options(synchronize_session=False))
    session.expunge(message)
    return True
