"""Coming in and going out: a browser is signed in or out, that is written down, and a new browser is told of."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.devices import USER_AGENT_CHARACTERS, Origin, describe_device, is_new_device
from core.accounts.secrets import digest_secret
from core.accounts.sessions import Viewer, end_session, start_session
from core.notices.kinds import NoticeKind
from core.notices.outbox import queue_notice
from core.storage.accounts import Session as BrowserSession
from core.storage.accounts import Signin, User
from core.wording import mark

BY_LINK: Final = mark("one-time link")
BY_INVITATION: Final = mark("invitation")


def sign_in(session: Session, user_id: str, way: str, origin: Origin, now: datetime, former: Viewer | None) -> str:
    """Sign a browser in, ending the session that it had, and return the secret for its cookie.

    `way` is how: "one-time link", or the provider's name. A browser that the person did not use before is told of by
    mail.
    """
    user = session.get_one(User, user_id)
    if former is not None:
        end_session(session, former.session_id)
    is_new = is_new_device(session, user, origin, now)
    secret = start_session(
        session, user.id, origin.user_agent, now, way=way, network=origin.network, place=origin.place
    )
    signin = _record(session, user, secret, way, origin, now)
    if is_new:
        facts = {"Browser": str(describe_device(origin.user_agent)), "Place": origin.place, "Network": origin.network}
        queue_notice(session, user, NoticeKind.NEW_DEVICE, facts | {"Signed in by": way}, f"signin:{signin.id}", now)
    record_audit(
        session, workspace_id=user.workspace_id, actor_id=user.id, action=AuditAction.SIGNIN, now=now, detail=way
    )
    return secret


def _record(session: Session, user: User, secret: str, way: str, origin: Origin, now: datetime) -> Signin:
    begun = select(BrowserSession.id).where(BrowserSession.digest == digest_secret(secret))
    signin = Signin(
        user_id=user.id,
        session_id=session.scalars(begun).one(),
        way=way[:40],
        user_agent=origin.user_agent[:USER_AGENT_CHARACTERS] or None,
        network=origin.network,
        place=origin.place,
        at=now,
    )
    session.add(signin)
    session.flush()
    return signin


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
