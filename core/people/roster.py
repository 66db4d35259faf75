"""Who is in a workspace, and who has access to what: roles, accounts, tokens, sign-ins. Never anyone's mail."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction
from core.accounts.install.connections import ConnectionState, ConnectionView, view
from core.accounts.owner import PLACEHOLDER_EMAIL
from core.accounts.roles import Role
from core.storage.accounts import ApiToken, User
from core.storage.auditing import AuditEntry
from core.storage.connections import Connection
from core.storage.messages import Message

_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as teammates see them. `email` is None for an owner who has left none yet."""

    id: str
    email: str | None
    name: str | None
    role: Role
    created_at: datetime
    shares_messages: bool

    @property
    def title(self) -> str:
        """What to call the person."""
        return self.name or self.email or "The owner"


@dataclass(frozen=True, slots=True)
class AccessOf:
    """What a person has access to, as those who manage people see it."""

    connections: tuple[ConnectionView, ...]
    tokens: int
    signed_in_at: datetime | None


def list_people(session: Session, workspace_id: str) -> list[Person]:
    """List the people of a workspace: owners, admins, members, each in the order in which they came."""
    rows = session.scalars(select(User).where(User.workspace_id == workspace_id).order_by(User.created_at, User.id))
    return sorted(map(_view, rows), key=lambda person: _ORDER.index(person.role))


def find_person(session: Session, workspace_id: str, person_id: str) -> Person | None:
    """Find one person of a workspace."""
    row = session.get(User, person_id)
    return _view(row) if row is not None and row.workspace_id == workspace_id else None


def list_access(session: Session, workspace_id: str) -> dict[str, AccessOf]:
    """Tell for each person of a workspace what they have access to."""
    connections: dict[str, list[ConnectionView]] = defaultdict(list)
    connected = select(Connection).where(
        Connection.workspace_id == workspace_id, Connection.state != ConnectionState.DISCONNECTED
    )
    for row in session.scalars(connected.order_by(Connection.created_at, Connection.id)):
        connections[row.user_id].append(view(row))
    usable = select(ApiToken.user_id).where(ApiToken.workspace_id == workspace_id, ApiToken.revoked_at.is_(None))
    tokens = Counter(session.scalars(usable))
    people = select(User.id).where(User.workspace_id == workspace_id)
    return {
        user_id: AccessOf(tuple(connections[user_id]), tokens[user_id], _find_signin(session, user_id))
        for user_id in session.scalars(people)
    }


def count_messages(session: Session, user_id: str) -> int:
    """Count a person's messages."""
    return session.scalar(select(func.count()).select_from(Message).where(Message.user_id == user_id)) or 0


def _find_signin(session: Session, user_id: str) -> datetime | None:
    """Find when a person last signed in, as far as the audit log goes back."""
    own = (AuditEntry.actor_id == user_id, AuditEntry.action == AuditAction.SIGNIN.value)
    return session.scalar(select(func.max(AuditEntry.at)).where(*own))


def _view(row: User) -> Person:
    email = None if row.email == PLACEHOLDER_EMAIL else row.email
    return Person(row.id, email, row.name, Role(row.role), row.created_at, row.shares_messages)
