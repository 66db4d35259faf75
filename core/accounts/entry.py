"""Coming in and going out: a browser is signed in or out, and that is written down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.sessions import Viewer, end_session, start_session
from core.storage.accounts import User

BY_LINK = "one-time link"


def sign_in(session: Session, user_id: str, way: str, user_agent: str, now: datetime, former: Viewer | None) -> str:
    """Sign a browser in, ending the session that it had, and return the secret for its cookie.

    `way` is how: "one-time link", or the provider's name.
    """
    user = session.get_one(User, user_id)
    if former is not None:
        end_session(session, former.session_id)
    secret = start_session(session, user.id, user_agent, now)
    record_audit(
        session, workspace_id=user.workspace_id, actor_id=user.id, action=AuditAction.SIGNIN, now=now, detail=way
    )
    return secret


def sign_out(session: Session, viewer: Viewer, now: datetime) -> None:
    """Sign a browser out."""
    end_session(session, viewer.session_id)
    record_audit(
        session,
        workspace_id=viewer.workspace_id,
        actor_id=viewer.user_id,
        action=AuditAction.SIGNOUT,
        now=now,
    )
