"""Erasing what is held of one copy, as asked for on its page: by whoever holds the link, so of this message alone.

A copy that one person got goes whole, with its recipient. Of a copy that several got its visits go, and nothing is
recorded any more; its recipients stay, since the link does not say which of them asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.keys import KeyRing
from core.privacy.erasure import ErasureResult, ErasureTotal, derive_digest, erase_events, erase_in_message
from core.privacy.recount import recount_message
from core.privacy.scrubbing import request_scrub
from core.storage.events import Event
from core.storage.messages import Copy, Erasure, Message, Recipient


def erase_copy(session: Session, copy_id: int, ring: KeyRing, now: datetime) -> ErasureResult | None:
    """Erase what is held of a copy; None if nothing is.

    After the commit SQLite's files still hold it in places: run `core.privacy.scrubbing.scrub_sqlite` then.
    """
    of_copy = select(Copy.message_id).where(Copy.id == copy_id).scalar_subquery()
    message = session.scalars(select(Message).where(Message.id == of_copy).with_for_update()).one_or_none()
    if message is None:
        return None
    workspace_id, message_id = message.workspace_id, message.id
    recipients = session.scalars(select(Recipient).where(Recipient.copy_id == copy_id)).all()
    total = ErasureTotal()
    if len(recipients) == 1:
        erase_in_message(session, message, recipients[0].address_folded, total)
    else:
        _erase_visits(session, message, copy_id, recipients, total)
    # Kept so that a backup restored later is erased again.
    digest = derive_digest(ring.signing, f"copy:{copy_id}")
    session.merge(Erasure(workspace_id=workspace_id, digest=digest, erased_at=now))
    request_scrub(session, now)
    record_audit(
        session,
        workspace_id=workspace_id,
        actor_id=None,
        action=AuditAction.ERASURE,
        now=now,
        subject=f"message:{message_id}",
        detail="by a recipient, of one copy",
    )
    session.flush()
    return total.freeze()


def _erase_visits(
    session: Session, message: Message, copy_id: int, recipients: Sequence[Recipient], total: ErasureTotal
) -> None:
    erase_events(session, message.id, Event.copy_id == copy_id, total)
    # From its very beginning: a visit that came before may still be on its way.
    session.get_one(Copy, copy_id).stopped_at = min(message.created_at, message.sent_at or message.created_at)
    for recipient in recipients:
        recipient.status, recipient.last_at = "sent", None
    session.flush()
    recount_message(session, message)
