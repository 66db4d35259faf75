"""Invitations: made, looked at, used up, revoked. Nothing here knows browsers or mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.owner import parse_email
from core.accounts.roles import Role, may_manage
from core.accounts.secrets import create_secret, digest_secret
from core.accounts.sessions import Viewer
from core.errors import InputError, NotAllowedError
from core.storage.accounts import User, Workspace
from core.storage.people import Invitation

LIFETIME: Final = timedelta(days=7)
KEPT_EXPIRED_FOR: Final = timedelta(days=30)
MOST_OPEN: Final = 200
"""So many invitations a workspace has at once, and each mails one address: nobody is flooded by way of this."""
RESEND_INTERVAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MadeInvitation:
    """An invitation just made or renewed. The secret is known now and never again."""

    id: str
    email: str
    role: Role
    workspace_name: str
    inviter: str
    expires_at: datetime
    secret: str


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as pages show it."""

    id: str
    email: str
    role: Role
    inviter: str | None
    workspace_name: str
    created_at: datetime
    expires_at: datetime
    is_expired: bool


def invite(session: Session, actor: Viewer, email: str, role: str, now: datetime) -> MadeInvitation:
    """Invite an address, anew if it was invited before. Raises InputError, or NotAllowedError for a role too high."""
    address = parse_email(email).lower()
    wanted = parse_role(role)
    if wanted is Role.OWNER or not may_manage(actor.role, wanted):
        raise NotAllowedError("Only an owner invites admins. Owners are made of people who are here.")
    if session.scalar(select(User.id).where(func.lower(User.email) == address)) is not None:
        raise InputError(f"{address} has an account here already.")
    row = session.scalars(
        select(Invitation).where(Invitation.workspace_id == actor.workspace_id, Invitation.email == address)
    ).one_or_none()
    if row is None:
        _refuse_flood(session, actor.workspace_id)
        row = Invitation(workspace_id=actor.workspace_id, email=address)
        session.add(row)
    elif not may_manage(actor.role, row.role):
        raise NotAllowedError("An owner invited this person as an admin. Only an owner can change that.")
    row.role = wanted
    return _renew(session, actor, row, now)


def renew_invitation(session: Session, actor: Viewer, invitation_id: str, now: datetime) -> MadeInvitation | None:
    """Make a new link for an invitation, for seven more days; the old link ends. None where there is none.

    Raises InputError where one was made within the last minute.
    """
    row = _load(session, actor, invitation_id)
    if row is None:
        return None
    if now - row.created_at < RESEND_INTERVAL:
        raise InputError("This invitation went out a moment ago. Wait a minute before you send it again.")
    return _renew(session, actor, row, now)


def revoke_invitation(session: Session, actor: Viewer, invitation_id: str, now: datetime) -> bool:
    """End an invitation. Return whether there was one."""
    row = _load(session, actor, invitation_id)
    if row is None:
        return False
    _audit(session, actor, AuditAction.INVITATION_REVOKED, row, now)
    session.delete(row)
    session.flush()
    return True


def _load(session: Session, actor: Viewer, invitation_id: str) -> Invitation | None:
    row = session.get(Invitation, invitation_id, with_for_update=True)
    if row is None or row.workspace_id != actor.workspace_id:
        return None
    if not may_manage(actor.role, row.role):
        raise NotAllowedError("An owner invited this person as an admin. Only an owner can change that.")
    return row


def _renew(session: Session, actor: Viewer, row: Invitation, now: datetime) -> MadeInvitation:
    secret = create_secret()
    row.digest = digest_secret(secret)
    row.invited_by = actor.user_id
    row.created_at = now
    row.expires_at = now + LIFETIME
    session.flush()
    _audit(session, actor, AuditAction.PEOPLE_INVITED, row, now)
    inviter = session.get_one(User, actor.user_id)
    workspace = session.get_one(Workspace, row.workspace_id)
    return MadeInvitation(
        row.id, row.email, Role(row.role), workspace.name, inviter.name or inviter.email, row.expires_at, secret
    )


def _refuse_flood(session: Session, workspace_id: str) -> None:
    session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    count = select(func.count()).select_from(Invitation).where(Invitation.workspace_id == workspace_id)
    if (session.scalar(count) or 0) >= MOST_OPEN:
        raise InputError(f"There are {MOST_OPEN} invitations already. Revoke some before you send more.")


def list_invitations(session: Session, workspace_id: str, now: datetime) -> list[InvitationView]:
    """List a workspace's invitations, newest first."""
    query = _select_views().where(Invitation.workspace_id == workspace_id)
    rows = session.execute(query.order_by(Invitation.created_at.desc(), Invitation.id))
    return [_view(row, now) for row in rows]


def find_invitation(session: Session, secret: str, now: datetime) -> InvitationView | None:
    """Return the invitation that a link's secret is of, without using it up; None if it would not work."""
    usable = (Invitation.digest == digest_secret(secret), Invitation.expires_at > now)
    row = session.execute(_select_views().where(*usable)).one_or_none()
    return None if row is None else _view(row, now)


def take_invitation(session: Session, secret: str, now: datetime) -> Invitation | None:
    """Use an invitation up by its link's secret; of two at once, one gets it."""
    usable = (Invitation.digest == digest_secret(secret), Invitation.expires_at > now)
    return session.scalars(delete(Invitation).where(*usable).returning(Invitation)).one_or_none()


def take_invitation_of(session: Session, address: str, now: datetime) -> Invitation | None:
    """Use up the newest invitation of an address that a provider vouches for."""
    usable = (Invitation.email == address.strip().lower(), Invitation.expires_at > now)
    newest = select(Invitation.id).where(*usable).order_by(Invitation.created_at.desc(), Invitation.id).limit(1)
    return session.scalars(
        delete(Invitation).where(Invitation.id == newest.scalar_subquery()).returning(Invitation)
    ).one_or_none()


def remove_expired_invitations(session: Session, now: datetime) -> int:
    """Remove invitations that expired long ago. Return how many; for the scheduler's tick."""
    old = delete(Invitation).where(Invitation.expires_at <= now - KEPT_EXPIRED_FOR).returning(Invitation.id)
    return len(session.execute(old).all())


def parse_role(text: str) -> Role:
    """Read a role. Raises InputError."""
    try:
        return Role(text)
    except ValueError as error:
        raise InputError("Choose a role: owner, admin or member.") from error


def _select_views() -> Select[*tuple[Any, ...]]:
    return (
        select(Invitation, User.name, User.email, Workspace.name)
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .outerjoin(User, User.id == Invitation.invited_by)
    )


def _view(columns: Row[*tuple[Any, ...]], now: datetime) -> InvitationView:
    row, inviter_name, inviter_email, workspace_name = columns
    return InvitationView(
        row.id,
        row.email,
        Role(row.role),
        inviter_name or inviter_email,
        workspace_name,
        row.created_at,
        row.expires_at,
        row.expires_at <= now,
    )


def _audit(session: Session, actor: Viewer, action: AuditAction, row: Invitation, now: datetime) -> None:
    record_audit(
        session,
        workspace_id=row.workspace_id,
        actor_id=actor.user_id,
        action=action,
        now=now,
        subject=f"invitation:{row.id}",
        detail=f"{row.email} as {row.role}",
    )
