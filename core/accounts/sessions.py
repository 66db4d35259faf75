"""Signed-in browsers: sessions kept in SQL, found by the digest of a cookie's secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session as SqlSession

from core.accounts.secrets import create_secret, digest_secret
from core.accounts.sight import Sight
from core.storage.accounts import Session, Signin, SigninLink, User

SESSION_LIFETIME = timedelta(days=30)
"""A session never lives longer, however much it is used."""
IDLE_LIFETIME = timedelta(days=7)
SIGNINS_KEPT_FOR = timedelta(days=90)
TOUCH_INTERVAL = timedelta(minutes=10)
"""How stale `seen_at` may be, so that reading a page rarely writes."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page: a user in a signed-in browser."""

    session_id: str
    user_id: str
    workspace_id: str
    email: str
    role: str
    seen_at: datetime

    @property
    def sight(self) -> Sight:
        """What this person may see."""
        return Sight(self.workspace_id, self.user_id)


def start_session(
    session: SqlSession,
    user_id: str,
    user_agent: str,
    now: datetime,
    *,
    way: str | None = None,
    network: str | None = None,
    place: str | None = None,
) -> str:
    """Begin a session and return the secret for its cookie. `core.accounts.entry` does all that signing in takes."""
    secret = create_secret()
    row = Session(
        user_id=user_id,
        digest=digest_secret(secret),
        created_at=now,
        seen_at=now,
        expires_at=now + IDLE_LIFETIME,
        way=way,
        user_agent=user_agent[:200] or None,
        network=network,
        place=place,
    )
    session.add(row)
    session.flush()
    return secret


def find_viewer(session: SqlSession, secret: str, now: datetime) -> Viewer | None:
    """Return who is signed in with this secret; None if nobody is, or no longer."""
    row = session.execute(
        select(Session.id, Session.user_id, User.workspace_id, User.email, User.role, Session.seen_at)
        .join(User, User.id == Session.user_id)
        .where(Session.digest == digest_secret(secret), Session.expires_at > now)
    ).one_or_none()
    return None if row is None else Viewer(*row)


def is_stale(viewer: Viewer, now: datetime) -> bool:
    """Say whether the session's last use should be written down again."""
    return now - viewer.seen_at >= TOUCH_INTERVAL


def touch_session(session: SqlSession, session_id: str, now: datetime) -> None:
    """Note that a session is in use, which keeps it alive, up to its longest life."""
    row = session.get(Session, session_id)
    if row is not None:
        row.seen_at = now
        row.expires_at = min(row.created_at + SESSION_LIFETIME, now + IDLE_LIFETIME)


def end_session(session: SqlSession, session_id: str) -> None:
    """Sign one browser out."""
    session.execute(delete(Session).where(Session.id == session_id))


def end_own_session(session: SqlSession, user_id: str, session_id: str) -> bool:
    """Sign one browser of a user out. Return whether there was one; another person's is none."""
    own = delete(Session).where(Session.user_id == user_id, Session.id == session_id).returning(Session.id)
    return session.execute(own).one_or_none() is not None


def end_other_sessions(session: SqlSession, user_id: str, session_id: str) -> int:
    """Sign a user out everywhere but in the session given. Return how many sessions ended."""
    ended = session.execute(
        delete(Session).where(Session.user_id == user_id, Session.id != session_id).returning(Session.id)
    )
    return len(ended.all())


def remove_expired(session: SqlSession, now: datetime) -> int:
    """Remove sessions and sign-in links that cannot be used any more. Return how many; for the scheduler's tick."""
    ended = session.execute(delete(Session).where(Session.expires_at <= now).returning(Session.id)).all()
    session.execute(delete(Signin).where(Signin.at <= now - SIGNINS_KEPT_FOR))
    unusable = or_(SigninLink.expires_at <= now, SigninLink.used_at.is_not(None))
    links = session.execute(delete(SigninLink).where(unusable).returning(SigninLink.id)).all()
    return len(ended) + len(links)
