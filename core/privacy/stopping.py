"""Stopping: from a moment on nothing is recorded of a copy, also of mail that was sent long ago.

Its pixel and links go on being answered. `core.hits.store` keeps to it: visits from `stopped_at` on are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.messages.draft import fold_address
from core.storage.messages import Copy, Message, Recipient


@dataclass(frozen=True, slots=True)
class Stop:
    """That a recipient stopped a copy: when, and how many people had it. Erased copies have no time."""

    at: datetime | None
    recipients: int


def stop_copy(session: Session, copy_id: int, now: datetime) -> bool:
    """Stop a copy from now on; return whether it was there. Stopping it again changes nothing."""
    copies = _lock(session, Copy.id == copy_id)
    for copy in copies:
        _stop(session, copy, now)
    return bool(copies)


def stop_person(session: Session, workspace_id: str, address: str, now: datetime) -> int:
    """Stop all copies that a person got in a workspace, shared ones too; return how many were stopped by this."""
    theirs = select(Recipient.copy_id).where(Recipient.address_folded == fold_address(address))
    in_workspace = select(Message.id).where(Message.workspace_id == workspace_id)
    copies = _lock(session, Copy.id.in_(theirs), Copy.message_id.in_(in_workspace))
    return sum(_stop(session, copy, now) for copy in copies)


def list_stops(session: Session, message_id: str) -> tuple[Stop, ...]:
    """List how recipients stopped the tracking of a message, for its sender; of shared copies not who it was."""
    begun = func.coalesce(Message.sent_at, Message.created_at)
    rows = session.execute(
        select(Copy.stopped_at, begun, func.count(Recipient.id))
        .join(Message, Message.id == Copy.message_id)
        .outerjoin(Recipient, Recipient.copy_id == Copy.id)
        .where(Copy.message_id == message_id, Copy.stopped_at.is_not(None))
        .group_by(Copy.id, Copy.stopped_at, Message.id)
        .order_by(Copy.stopped_at, Copy.id)
    )
    return tuple(
        Stop(stopped_at if stopped_at and stopped_at > sent_at else None, number)
        for stopped_at, sent_at, number in rows
    )


def _lock(session: Session, *conditions: object) -> list[Copy]:
    query = select(Copy).where(*conditions).order_by(Copy.message_id, Copy.id)  # type: ignore[arg-type]
    return list(session.scalars(query.with_for_update(of=Copy)))


def _stop(session: Session, copy: Copy, now: datetime) -> bool:
    if copy.stopped_at is not None and copy.stopped_at <= now:
        return False
    copy.stopped_at = now
    workspace_id = session.scalars(select(Message.workspace_id).where(Message.id == copy.message_id)).one()
    record_audit(
        session,
        workspace_id=workspace_id,
        actor_id=None,
        action=AuditAction.TRACKING_STOPPED,
        now=now,
        subject=f"message:{copy.message_id}",
        detail="by a recipient",
    )
    session.flush()
    return True
