"""What the page of a copy tells whoever holds its link: who tracks, what is held, how often it was visited.

On a copy that several people got it names none of them, and shows no single visit. Owns reading alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.storage.events import Event
from core.storage.messages import Copy, Message, Recipient
from core.timeline.events import EventItem, read_event, select_events

_MOST_VISITS: Final = 100


@dataclass(frozen=True, slots=True)
class CopyPage:
    """A copy as its recipients may see it. `subject` and `visits` are empty where several got it.

    `erased_through` says that nothing was ever to be recorded: the copy's visits were erased.
    """

    copy_id: int
    message_id: str
    workspace_id: str
    sender: str
    subject: str
    sent_at: datetime | None
    recipients: int
    stopped_at: datetime | None
    was_erased: bool
    visit_count: int
    visits: tuple[EventItem, ...]

    @property
    def is_shared(self) -> bool:
        """Say whether several people got this copy."""
        return self.recipients > 1


def find_copy_page(session: Session, copy_id: int) -> CopyPage | None:
    """Find what may be told of a copy; None if its data is gone."""
    row = session.execute(
        select(Message, Copy.stopped_at).join(Copy, Copy.message_id == Message.id).where(Copy.id == copy_id)
    ).one_or_none()
    if row is None:
        return None
    message, stopped_at = row
    recipients = _count(session, Recipient.copy_id == copy_id)
    of_copy = (Event.message_id == message.id, Event.copy_id == copy_id)
    query = select_events().where(*of_copy).order_by(Event.at.desc(), Event.id.desc()).limit(_MOST_VISITS)
    is_shared = recipients > 1
    return CopyPage(
        copy_id=copy_id,
        message_id=message.id,
        workspace_id=message.workspace_id,
        sender=message.sender,
        subject="" if is_shared else message.subject,
        sent_at=message.sent_at,
        recipients=recipients,
        stopped_at=stopped_at,
        was_erased=stopped_at is not None and stopped_at <= (message.sent_at or message.created_at),
        visit_count=session.scalar(select(func.count()).select_from(Event).where(*of_copy)) or 0,
        visits=() if is_shared else tuple(map(read_event, session.execute(query))),
    )


def _count(session: Session, condition: object) -> int:
    return session.scalar(select(func.count()).select_from(Recipient).where(condition)) or 0  # type: ignore[arg-type]
