"""Becoming one of a workspace: by an invitation's link, or by signing in with an invited or allowed address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.roles import Role
from core.people.domains import is_public
from core.people.invitations import take_invitation, take_invitation_of
from core.ports import Identity
from core.storage.accounts import User
from core.storage.people import Invitation, JoiningDomain


def join_by_link(session: Session, secret: str, now: datetime) -> User | None:
    """Use an invitation's link up and return the new person; None if it is unknown, used, revoked or expired."""
    invitation = take_invitation(session, secret, now)
    if invitation is None:
        return None
    return _join(session, invitation.workspace_id, invitation.email, None, invitation.role, "by invitation", now)


def join_by_identity(session: Session, identity: Identity, now: datetime) -> User | None:
    """Make a person of a stranger whose verified address is invited, or whose organisation may join; None for others.

    For a domain it takes more than a verified address: the provider says that this organisation runs the account.
    """
    if not identity.email or not identity.is_email_verified:
        return None
    address = identity.email.strip().lower()
    invitation = take_invitation_of(session, address, now)
    if invitation is not None:
        return _join(session, invitation.workspace_id, address, identity.name, invitation.role, "by invitation", now)
    domain = address.rpartition("@")[2]
    if identity.organisation != domain or is_public(domain):
        return None
    allowed = session.get(JoiningDomain, domain)
    if allowed is None:
        return None
    return _join(session, allowed.workspace_id, address, identity.name, Role.MEMBER, f"by the domain {domain}", now)


def _join(
    session: Session, workspace_id: str, email: str, name: str | None, role: str, way: str, now: datetime
) -> User:
    user = User(workspace_id=workspace_id, email=email, name=(name or "")[:200] or None, role=role, created_at=now)
    session.add(user)
    session.flush()
    session.execute(delete(Invitation).where(Invitation.email == email))
    record_audit(
        session,
        workspace_id=workspace_id,
        actor_id=user.id,
        action=AuditAction.PEOPLE_JOINED,
        now=now,
        subject=f"person:{user.id}",
        detail=f"{email}, {way}",
    )
    return user
