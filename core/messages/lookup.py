"""Finding a message to change it. What is shown of messages is read in `core.timeline`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, is_own, sees_message
from core.errors import NotAllowedError
from core.storage.messages import Message

_NOT_OWN = "A teammate shares this message with you: you see it, and only its sender can change it."


def load_message(session: Session, sight: Sight, message_id: str, *, lock: bool = False) -> Message | None:
    """Load a message that may be seen.

    `lock` holds its row until the transaction ends: whoever is going to have it judged again takes that lock before
    any other, for judging does, and two that take locks in another order would wait for each other.
    """
    query = select(Message).where(Message.id == message_id, sees_message(sight))
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def load_own_message(session: Session, sight: Sight, message_id: str, *, lock: bool = False) -> Message | None:
    """Load a message to change it; None where none is seen. Raises NotAllowedError for one that a teammate shares."""
    message = load_message(session, sight, message_id, lock=lock)
    if message is not None and not is_own(sight, message):
        raise NotAllowedError(_NOT_OWN)
    return message
