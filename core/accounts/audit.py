"""The audit log: who did what, and who looked at a recipient's data. Entries are added and, after a year, removed.

Nothing here changes an entry, but for an erasure, which takes the recipient's address out of those about them.
What may be read of it, and by whom, is `core.accounts.audit_reading`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.storage.auditing import AuditEntry
from core.storage.engine import Sessions

KEPT_FOR: Final = timedelta(days=365)
COMMAND_LINE: Final = "by the command line"
"""The detail of what nobody signed in did, but whoever may run commands on the machine."""

_DETAIL_CHARACTERS: Final = 300
_THING_CHARACTERS: Final = 100

_log = structlog.get_logger(__name__)


class AuditAction(StrEnum):
    """What is written down. The values are what filters, exports and stored entries say; they never change."""

    SIGNIN = "signin"
    SIGNOUT = "signout"
    SIGNIN_DISOWNED = "signin.disowned"
    SESSIONS_ENDED = "sessions.ended"
    CONNECTION_ADDED = "connection.added"
    CONNECTION_REMOVED = "connection.removed"
    CONNECTION_BROKEN = "connection.broken"
    PEOPLE_INVITED = "people.invited"
    INVITATION_REVOKED = "people.invitation_revoked"
    PEOPLE_JOINED = "people.joined"
    PEOPLE_ROLE = "people.role"
    PEOPLE_REMOVED = "people.removed"
    SETTINGS_CHANGED = "settings.changed"
    SHARING_CHANGED = "sharing.changed"
    MESSAGE_DELETED = "message.deleted"
    MESSAGE_VIEWED = "message.viewed"
    RECIPIENT_VIEWED = "recipient.viewed"
    EVENT_CORRECTED = "event.corrected"
    EXPORT = "export"
    ERASURE = "erasure"
    TRACKING_STOPPED = "tracking.stopped"
    TOKEN_CREATED = "token.created"  # noqa: S105 - an action, no secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an action, no secret


def record_audit(
    session: Session,
    *,
    workspace_id: str,
    actor_id: str | None,
    action: AuditAction,
    now: datetime,
    subject: str | None = None,
    detail: str | None = None,
    address: str | None = None,
) -> None:
    """Write down that something was done, in the transaction that does it.

    `subject` is the thing's kind and id ("message:0123…"); `detail` some words without any recipient's address, which
    belongs into `address` alone, where an erasure finds it. Without an actor, `detail` says how it came about.
    """
    session.add(
        AuditEntry(
            workspace_id=workspace_id,
            actor_id=actor_id,
            action=action.value,
            thing=None if subject is None else subject[:_THING_CHARACTERS],
            detail=None if detail is None else " ".join(detail.split())[:_DETAIL_CHARACTERS],
            address=None if address is None else fold(address),
            at=now,
        )
    )


def record_look(
    reading_sessions: Sessions,
    sessions: Sessions,
    *,
    workspace_id: str,
    actor_id: str,
    action: AuditAction,
    now: datetime,
    subject: str | None = None,
    address: str | None = None,
) -> None:
    """Write down that somebody looked at something: once for each person, thing and hour.

    Call it after the reading transaction. A repeat costs one look into an index; a database too busy to write never
    keeps anybody from reading.
    """
    entry = AuditEntry
    hour = now.replace(minute=0, second=0, microsecond=0)
    known = select(entry.id).where(entry.actor_id == actor_id, entry.at >= hour, entry.action == action.value)
    known = known.where(
        entry.workspace_id == workspace_id,
        entry.thing.is_(None) if subject is None else entry.thing == subject,
        entry.address.is_(None) if address is None else entry.address == fold(address),
    )
    try:
        with reading_sessions() as session:
            if session.scalar(known.limit(1)) is not None:
                return
        with sessions.begin() as session:
            record_audit(
                session,
                workspace_id=workspace_id,
                actor_id=actor_id,
                action=action,
                now=now,
                subject=subject,
                address=address,
            )
    except DBAPIError as error:
        _log.warning("look_not_audited", error=type(error).__name__)


def list_about(
    session: Session, workspace_id: str, folded_address: str, actor_id: str | None = None
) -> list[tuple[datetime, str]]:
    """List (time, action) of what is written down about an address, oldest first; of one person's doing if given."""
    entry = AuditEntry
    wanted = select(entry.at, entry.action).where(entry.workspace_id == workspace_id, entry.address == folded_address)
    if actor_id is not None:
        wanted = wanted.where(entry.actor_id == actor_id)
    return [(row.at, row.action) for row in session.execute(wanted.order_by(entry.at, entry.id))]


def erase_from_audit(session: Session, workspace_id: str, folded_address: str, actor_id: str | None = None) -> int:
    """Take an erased address out of the entries about it; what was done stays. Return how many there were.

    With `actor_id` out of this person's alone: a member erased an address within their own messages.
    """
    about = [AuditEntry.workspace_id == workspace_id, AuditEntry.address == folded_address]
    if actor_id is not None:
        about.append(AuditEntry.actor_id == actor_id)
    cleared = session.execute(
        update(AuditEntry)
        .where(*about)
        .values(address=None)
        .returning(AuditEntry.id)
        .execution_options(synchronize_session=False)
    )
    return len(cleared.all())


def purge_audit(session: Session, now: datetime) -> int:
    """Remove entries past their year. Return how many; for the scheduler's tick."""
    old = delete(AuditEntry).where(AuditEntry.at < now - KEPT_FOR).returning(AuditEntry.id)
    return len(session.execute(old.execution_options(synchronize_session=False)).all())


def fold(address: str) -> str:
    """Write an address as it is compared."""
    return address.strip().lower()[:320]
