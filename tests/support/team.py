"""A team for tests: several people of one workspace, a stranger of another, each with a browser, and their mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy import select

from core.accounts.sessions import Viewer
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.register import register_message
from core.storage.engine import Sessions
from core.storage.models import AuditEntry, Message, User, Workspace
from core.tokens import TokenSigner
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in


@dataclass(frozen=True)
class Member:
    """A person and their browser."""

    user: User
    browser: PageClient


def add_person(sessions: Sessions, workspace_id: str, email: str, role: str, now: datetime) -> User:
    """Add a person to a workspace."""
    with sessions.begin() as session:
        user = User(workspace_id=workspace_id, email=email, role=role, created_at=now)
        session.add(user)
    return user


def add_workspace(sessions: Sessions, now: datetime) -> str:
    """Add another workspace."""
    with sessions.begin() as session:
        workspace = Workspace(name="Elsewhere", created_at=now)
        session.add(workspace)
        session.flush()
        return workspace.id


def add_member(app: Flask, services: WebServices, workspace_id: str, email: str, role: str = "member") -> Member:
    """Add a person to a workspace and sign them in."""
    user = add_person(services.sessions, workspace_id, email, role, services.clock())
    return Member(user, sign_in(app, services, user))


def act_as(user: User, now: datetime) -> Viewer:
    """Look like a user who is signed in."""
    return Viewer("0" * 32, user.id, user.workspace_id, user.email, user.role, now)


def post_message(
    services: WebServices, user: User, *, subject: str = "Offer", to: str = "ann@example.com", is_shared: bool = False
) -> str:
    """Register a message of a user and return its id."""
    draft = MessageDraft(
        subject=subject,
        sender=user.email,
        recipients=(DraftRecipient(to, None),),
        links=("https://example.com/a",),
        sent_at=services.clock(),
    )
    with services.sessions.begin() as session:
        made = register_message(session, TokenSigner(services.keys), "https://t.example", user, draft, services.clock())
        session.get_one(Message, made.message_id).is_shared = is_shared
    return made.message_id


def list_audited(sessions: Sessions, prefix: str = "people.") -> list[tuple[str, str | None]]:
    """List what was written into the audit log, as action and detail."""
    with sessions() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)).all()
    return [(entry.action, entry.detail) for entry in entries if entry.action.startswith(prefix)]
