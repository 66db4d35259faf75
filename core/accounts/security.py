"""A person's own sessions and sign-ins: looked at, ended, and taken back where they were somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.devices import Device, describe_device
from core.accounts.install.connections import ConnectionState, erase_connection
from core.accounts.owner import find_owners
from core.accounts.sessions import Viewer, end_other_sessions
from core.notices.kinds import NoticeKind
from core.notices.outbox import queue_notice
from core.storage.accounts import ApiToken, Signin, SigninLink, User
from core.storage.accounts import Session as BrowserSession
from core.storage.connections import Connection, OauthState

SHOWN_SIGNINS: Final = 50


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A signed-in browser of the person who looks."""

    id: str
    device: Device
    way: str | None
    network: str | None
    place: str | None
    created_at: datetime
    seen_at: datetime
    is_current: bool
    signin_id: str | None


@dataclass(frozen=True, slots=True)
class OwnSignin:
    """A sign-in of the last 90 days. `is_current`: of the session that looks."""

    id: str
    session_id: str
    device: Device
    way: str
    network: str | None
    place: str | None
    at: datetime
    disowned_at: datetime | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was made under an account since a sign-in that was not its person's, and what there was to end."""

    signin: OwnSignin
    tokens: Sequence[ApiToken]
    connections: Sequence[Connection]
    sessions: int


def list_own_sessions(session: Session, viewer: Viewer, now: datetime) -> list[OwnSession]:
    """List a person's live sessions: the one that looks first, then the last used."""
    rows = session.execute(
        select(BrowserSession, Signin.id)
        .outerjoin(Signin, Signin.session_id == BrowserSession.id)
        .where(BrowserSession.user_id == viewer.user_id, BrowserSession.expires_at > now)
        .order_by(BrowserSession.seen_at.desc(), BrowserSession.id)
    )
    found = [
        OwnSession(
            row.id,
            describe_device(row.user_agent),
            row.way,
            row.network,
            row.place,
            row.created_at,
            row.seen_at,
            row.id == viewer.session_id,
            signin_id,
        )
        for row, signin_id in rows
    ]
    return sorted(found, key=lambda own: not own.is_current)


def list_own_signins(session: Session, viewer: Viewer) -> list[OwnSignin]:
    """List a person's latest sign-ins, newest first."""
    rows = session.scalars(
        select(Signin)
        .where(Signin.user_id == viewer.user_id)
        .order_by(Signin.at.desc(), Signin.id.desc())
        .limit(SHOWN_SIGNINS)
    )
    return [_view(row, viewer) for row in rows]


def _view(row: Signin, viewer: Viewer) -> OwnSignin:
    return OwnSignin(
        row.id,
        row.session_id,
        describe_device(row.user_agent),
        row.way,
        row.network,
        row.place,
        row.at,
        row.disowned_at,
        row.session_id == viewer.session_id,
    )


def find_aftermath(session: Session, viewer: Viewer, signin_id: str) -> Aftermath | None:
    """Say what would be ended if a sign-in was not its person's; None where there is no such one to be disowned.

    The sign-in of the browser that asks is none: whoever sits there can sign out.
    """
    row = session.get(Signin, signin_id)
    if row is None or row.user_id != viewer.user_id or row.session_id == viewer.session_id:
        return None
    if row.disowned_at is not None:
        return None
    tokens = session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == viewer.user_id, ApiToken.created_at >= row.at, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at)
    ).all()
    connections = session.scalars(
        select(Connection)
        .where(Connection.user_id == viewer.user_id, Connection.created_at >= row.at, Connection.subject.is_not(None))
        .order_by(Connection.created_at)
    ).all()
    others = select(BrowserSession.id).where(
        BrowserSession.user_id == viewer.user_id, BrowserSession.id != viewer.session_id
    )
    return Aftermath(_view(row, viewer), tokens, connections, len(session.scalars(others).all()))


def find_disowned(session: Session, viewer: Viewer, signin_id: str) -> Aftermath | None:
    """Say what was ended when a sign-in was disowned; None where it was not. The count of sessions is not kept."""
    row = session.get(Signin, signin_id)
    if row is None or row.user_id != viewer.user_id or row.disowned_at is None:
        return None
    tokens = select(ApiToken).where(ApiToken.user_id == viewer.user_id, ApiToken.revoked_at == row.disowned_at)
    connections = select(Connection).where(
        Connection.user_id == viewer.user_id,
        Connection.changed_at == row.disowned_at,
        Connection.state == ConnectionState.DISCONNECTED,
    )
    return Aftermath(_view(row, viewer), session.scalars(tokens).all(), session.scalars(connections).all(), 0)


def disown_signin(session: Session, viewer: Viewer, signin_id: str, now: datetime) -> Aftermath | None:
    """End what a sign-in that was not its person's may have left; return what was ended, None as above.

    All other sessions, sign-in links and flows under way, the API tokens made since, and the accounts connected since,
    by which somebody could come back. The workspace's owners are written to.
    """
    session.get(Signin, signin_id, with_for_update=True)  # of two at once, the second finds it disowned
    ended = find_aftermath(session, viewer, signin_id)
    if ended is None:
        return None
    _end_ways_in(session, viewer)
    for token in ended.tokens:
        token.revoked_at = now
    for connection in ended.connections:
        erase_connection(session, viewer.user_id, connection.id, now)
    same = (Signin.id == signin_id, Signin.user_id == viewer.user_id)
    session.execute(update(Signin).where(*same).values(disowned_at=now).execution_options(synchronize_session=False))
    _tell(session, viewer, ended, now)
    return ended


def _end_ways_in(session: Session, viewer: Viewer) -> None:
    end_other_sessions(session, viewer.user_id, viewer.session_id)
    session.execute(delete(SigninLink).where(SigninLink.user_id == viewer.user_id))
    session.execute(delete(OauthState).where(OauthState.user_id == viewer.user_id))


def _tell(session: Session, viewer: Viewer, ended: Aftermath, now: datetime) -> None:
    signin = ended.signin
    counts = f"{ended.sessions} sessions, {len(ended.tokens)} tokens, {len(ended.connections)} accounts ended"
    record_audit(
        session,
        workspace_id=viewer.workspace_id,
        actor_id=viewer.user_id,
        action=AuditAction.SIGNIN_DISOWNED,
        now=now,
        subject=f"signin:{signin.id}",
        detail=f"{signin.way}, {signin.device}; {counts}",
    )
    facts = {
        "Account": viewer.email,
        "Browser": str(signin.device),
        "Place": signin.place,
        "Network": signin.network,
        "Signed in by": signin.way,
    }
    for owner in find_owners(session, viewer.workspace_id):
        queue_notice(session, owner, NoticeKind.SIGNIN_DISOWNED, facts, f"disowned:{signin.id}:{owner.id}", now)
    user = session.get_one(User, viewer.user_id)
    if user.role != "owner":
        queue_notice(session, user, NoticeKind.SIGNIN_DISOWNED, facts, f"disowned:{signin.id}:{user.id}", now)
