"""The first workspace and its owner: who an installation belongs to before anyone else is invited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounts.roles import Role
from core.errors import InputError
from core.storage.accounts import User, Workspace

PLACEHOLDER_EMAIL = "owner@localhost"
"""Stands for the owner's e-mail address until it is known; no alert is mailed to it."""

CreateRules = Callable[[Session, User], object]


def ensure_owner(session: Session, now: datetime, create_rules: CreateRules | None = None) -> User:
    """Return the owner; at the first start, make the workspace, its owner and, by `create_rules`, the alert rules.

    Safe to be called by several starting processes at once.
    """
    owner = find_owner(session)
    if owner is not None:
        return owner
    try:
        with session.begin_nested():
            return _create_owner(session, now, create_rules)
    except IntegrityError:  # another process was first: the placeholder address is unique
        owner = find_owner(session)
        if owner is None:
            raise
        return owner


def find_owner(session: Session) -> User | None:
    """Return the first owner, None before the first start."""
    return session.scalars(select(User).where(User.role == "owner").order_by(User.created_at, User.id).limit(1)).first()


def find_owners(session: Session, workspace_id: str) -> list[User]:
    """Return a workspace's owners, the first one first."""
    own = (User.workspace_id == workspace_id, User.role == "owner")
    return list(session.scalars(select(User).where(*own).order_by(User.created_at, User.id)))


def _create_owner(session: Session, now: datetime, create_rules: CreateRules | None) -> User:
    workspace = Workspace(name="My workspace", created_at=now, feed_position=0)
    session.add(workspace)
    session.flush()
    owner = User(workspace_id=workspace.id, email=PLACEHOLDER_EMAIL, role="owner", created_at=now)
    session.add(owner)
    session.flush()
    if create_rules is not None:
        create_rules(session, owner)
    return owner


def find_or_name_owner(session: Session, email: str | None) -> User:
    """Return the user with this address; the owner, for None or while the owner has no address yet, which it becomes.

    Raises InputError for an address that nobody here has.
    """
    if email is None:
        owner = find_owner(session)
        if owner is None:
            raise InputError("This installation has no owner yet: start it once with `make run` or `mailerplex up`.")
        return owner
    address = parse_email(email)
    user = session.scalars(select(User).where(func.lower(User.email) == address.lower())).first()
    return user or _name_owner(session, address)


def _name_owner(session: Session, address: str) -> User:
    owner = find_owner(session)
    if owner is None or owner.email != PLACEHOLDER_EMAIL:
        raise InputError(f"Nobody here has the address {address}.")
    owner.email = address
    session.flush()
    return owner


def change_email(session: Session, user_id: str, email: str) -> str:
    """Set a user's own address and return it. Raises InputError if it is none, or another user has it.

    Nobody proves a typed address, and providers' sign-ins are matched by it: so only owners type one, whose
    installation it is. Others keep what their invitation or provider vouched for, but for its spelling.
    """
    address = parse_email(email)
    user = session.get_one(User, user_id)
    if user.role != Role.OWNER and user.email.lower() != address.lower():
        raise InputError("Your address came with your invitation. To use another, have that one invited.")
    taken = session.scalar(select(User.id).where(func.lower(User.email) == address.lower(), User.id != user_id))
    if taken is not None:
        raise InputError(f"Another account already has the address {address}.")
    user.email = address
    session.flush()
    return address


def parse_email(text: str) -> str:
    """Return a trimmed address. Raises InputError if this cannot be one (RFC 5321: at most 254 characters)."""
    address = text.strip()
    local, at, domain = address.rpartition("@")
    printable = address.isprintable() and not any(character in ' ,;<>"' for character in address)
    if not (local and at and domain) or not printable or len(address) > 254:
        shown = address if len(address) <= 80 else address[:77] + "..."
        raise InputError(f"{shown!r} is not an e-mail address.")
    return address
