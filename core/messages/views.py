"""The sender's heads-up that they look at a message, so that the hits around it are known as their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.storage.messages import Message, View


def record_view(session: Session, message: Message, user_id: str, at: datetime) -> str:
    """Record that the sender looks at `message` now and return its id: its hits are to be judged again."""
    session.add(View(message_id=message.id, user_id=user_id, at=at))
    session.flush()
    return message.id
