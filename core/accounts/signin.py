"""One-time sign-in links: made, looked at, used up. Nothing here knows browsers or cookies."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from core.accounts.secrets import create_secret, digest_secret
from core.storage.accounts import SigninLink, User

LINK_LIFETIME = timedelta(minutes=15)


def create_signin_link(session: Session, user: User, public_url: str, now: datetime) -> str:
    """Make a sign-in link for `user`: it works once, for 15 minutes. Only the digest of its secret is kept."""
    secret = create_secret()
    link = SigninLink(user_id=user.id, digest=digest_secret(secret), created_at=now, expires_at=now + LINK_LIFETIME)
    session.add(link)
    session.flush()
    return f"{public_url}/signin/{secret}"


def is_usable(session: Session, secret: str, now: datetime) -> bool:
    """Say whether a link would work now, without using it up."""
    return session.scalar(select(SigninLink.id).where(*_usable(secret, now))) is not None


def use_signin_link(session: Session, secret: str, now: datetime) -> User | None:
    """Use a link up and return whose it is; None if it is unknown, expired or used. Of two at once, one wins."""
    used = session.execute(
        update(SigninLink).where(*_usable(secret, now)).values(used_at=now).returning(SigninLink.user_id)
    ).scalar_one_or_none()
    return None if used is None else session.get_one(User, used)


def _usable(secret: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        SigninLink.digest == digest_secret(secret),
        SigninLink.used_at.is_(None),
        SigninLink.expires_at > now,
    )
