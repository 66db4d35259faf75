"""Changing who may do what, and leaving. A workspace always has an owner: whoever changes people locks its owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.roles import Role, may_manage
from core.accounts.sessions import Viewer
from core.errors import InputError, NotAllowedError
from core.messages.handover import hand_over_messages
from core.privacy.scrubbing import request_scrub
from core.storage.accounts import User

_LAST_OWNER = "A workspace needs an owner. Make another person owner first."


@dataclass(frozen=True, slots=True)
class Estate:
    """What becomes of the messages of somebody who goes: `heir_id` gets them; for None they are deleted."""

    heir_id: str | None


def change_role(session: Session, actor: Viewer, person_id: str, role: Role, now: datetime) -> bool:
    """Give a person another role; return False where there is no such person.

    Raises NotAllowedError where the actor may not, and InputError for the last owner.
    """
    person = _load(session, actor, person_id)
    if person is None:
        return False
    if not (may_manage(actor.role, person.role) and may_manage(actor.role, role)):
        raise NotAllowedError("Only an owner makes owners and admins, or changes theirs.")
    if person.role == role:
        return True
    if person.role == Role.OWNER:
        _require_other_owner(session, person)
    _set_role(session, actor, person, role, now)
    return True


def hand_over_ownership(session: Session, actor: Viewer, person_id: str, now: datetime) -> bool:
    """Make a person owner, and the acting owner an admin; return False where there is no such person."""
    person = _load(session, actor, person_id)
    if person is None or person.id == actor.user_id:
        return False
    if actor.role != Role.OWNER:
        raise NotAllowedError("Only an owner hands a workspace over.")
    if person.role != Role.OWNER:
        _set_role(session, actor, person, Role.OWNER, now)
    _set_role(session, actor, session.get_one(User, actor.user_id), Role.ADMIN, now)
    return True


def check_removal(session: Session, actor: Viewer, person_id: str) -> bool:
    """Say whether there is such a person to remove, oneself included; raise what `remove_person` would."""
    person = _load(session, actor, person_id)
    if person is None:
        return False
    is_self = person.id == actor.user_id
    if not is_self and not may_manage(actor.role, person.role):
        raise NotAllowedError("Only an owner removes owners and admins.")
    if person.role == Role.OWNER:
        _require_other_owner(session, person)
    return True


def remove_person(session: Session, actor: Viewer, person_id: str, estate: Estate, now: datetime) -> bool:
    """Remove a person, or oneself, with sessions, tokens, connections and rules; return False where there is none.

    Raises NotAllowedError, and InputError for the last owner or an heir who is not there.
    """
    if not check_removal(session, actor, person_id):
        return False
    person = session.get_one(User, person_id)
    count = 0
    if estate.heir_id is not None:
        heir = session.get(User, estate.heir_id)
        if heir is None or heir.workspace_id != actor.workspace_id or heir.id == person.id:
            raise InputError("Choose who gets the messages, or to delete them.")
        count = hand_over_messages(session, person, heir)
    is_self = person.id == actor.user_id
    kept = f"{count} messages handed over" if estate.heir_id is not None else "messages deleted"
    record_audit(
        session,
        workspace_id=actor.workspace_id,
        actor_id=None if is_self else actor.user_id,
        action=AuditAction.PEOPLE_REMOVED,
        now=now,
        subject=f"person:{person.id}",
        detail=f"{person.email}{' left' if is_self else ''}, {kept}",
    )
    session.execute(delete(User).where(User.id == person.id).execution_options(synchronize_session=False))
    session.expunge(person)
    request_scrub(session, now)
    return True


def set_sharing(session: Session, actor: Viewer, *, shares: bool, now: datetime) -> None:
    """Choose whether one's new messages are shared with the team."""
    user = session.get_one(User, actor.user_id)
    if user.shares_messages != shares:
        user.shares_messages = shares
        detail = "new messages are shared with the team" if shares else "new messages are one's own"
        _record(session, actor, AuditAction.SHARING_CHANGED, user, detail, now)


def _load(session: Session, actor: Viewer, person_id: str) -> User | None:
    # Without excluding rows that refer to them (FOR NO KEY UPDATE): messages are registered meanwhile.
    owners = select(User.id).where(User.workspace_id == actor.workspace_id, User.role == Role.OWNER)
    session.execute(owners.order_by(User.id).with_for_update(key_share=True)).all()
    person = session.get(User, person_id, populate_existing=True)
    return person if person is not None and person.workspace_id == actor.workspace_id else None


def _require_other_owner(session: Session, person: User) -> None:
    others = select(func.count()).select_from(User)
    others = others.where(User.workspace_id == person.workspace_id, User.role == Role.OWNER, User.id != person.id)
    if not session.scalar(others):
        raise InputError(_LAST_OWNER)


def _set_role(session: Session, actor: Viewer, person: User, role: Role, now: datetime) -> None:
    detail = f"{person.email}: {person.role} became {role}"
    person.role = role
    session.flush()
    _record(session, actor, AuditAction.PEOPLE_ROLE, person, detail, now)


def _record(session: Session, actor: Viewer, action: AuditAction, person: User, detail: str, now: datetime) -> None:
    record_audit(
        session,
        workspace_id=actor.workspace_id,
        actor_id=actor.user_id,
        action=action,
        now=now,
        subject=f"person:{person.id}",
        detail=detail,
    )
