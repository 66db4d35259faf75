"""Finding a message to change it. What is shown of messages is read in `core.timeline`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.storage.messages import Message


def load_message(session: Session, workspace_id: str, message_id: str, *, lock: bool = False) -> Message | None:
    """Load a message of a workspace.

    `lock` holds its row until the transaction ends: whoever is going to have it judged again takes that lock before
    any other, for judging does, and two that take locks in another order would wait for each other.
    """
    query = select(Message).where(Message.id == message_id, Message.workspace_id == workspace_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()
