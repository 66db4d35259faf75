"""Whose account here a provider's account is: known by its subject, the first time by a verified e-mail address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounts.install.connections import find_by_subject, record_connection
from core.accounts.install.failures import InstallError
from core.accounts.owner import PLACEHOLDER_EMAIL, find_owner
from core.people.joining import join_by_identity
from core.ports import Identity
from core.storage.accounts import User
from core.storage.connections import Connection


def is_claimed(session: Session) -> bool:
    """Say whether the owner has come in by the one-time link, and left an address or a connected account.

    Until then nobody signs in by a provider: a public installation belongs to nobody who merely came first.
    """
    owner = find_owner(session)
    if owner is None:
        return False
    if owner.email != PLACEHOLDER_EMAIL:
        return True
    own = select(Connection.id).where(Connection.user_id == owner.id, Connection.subject.is_not(None))
    return session.scalar(own.limit(1)) is not None


def require_claimed(session: Session) -> None:
    """Raise InstallError while the installation has no owner who came in by the one-time link."""
    if not is_claimed(session):
        text = "This installation has no owner yet. The one-time link that its start printed makes the first one."
        raise InstallError("Not open yet", text, status=403, can_retry=False)


def find_user(
    session: Session,
    provider: str,
    title: str,
    identity: Identity,
    now: datetime,
    welcome: Callable[[Session, User], object] | None = None,
) -> User:
    """Return whose account this is; at the first time, remember it. Raises InstallError for a stranger.

    Who is invited, or of an organisation that may join, becomes a person here, and `welcome` gives them what new people
    get.
    """
    require_claimed(session)
    known = find_by_subject(session, provider, identity.subject)
    if known is not None:
        return session.get_one(User, known.user_id)
    user = _find_by_email(session, identity)
    if user is None:
        user = join_by_identity(session, identity, now)
        if user is not None and welcome is not None:
            welcome(session, user)
    if user is None or _has_other_account(session, user, provider, identity):
        raise _stranger(title, identity)
    record_connection(session, user, provider, identity, now)
    return user


def _find_by_email(session: Session, identity: Identity) -> User | None:
    if not identity.email or not identity.is_email_verified:
        return None
    return session.scalars(select(User).where(func.lower(User.email) == identity.email.strip().lower())).one_or_none()


def _has_other_account(session: Session, user: User, provider: str, identity: Identity) -> bool:
    """Say whether the address belonged to another account of this provider: addresses are given to new people."""
    same_address = func.lower(Connection.email) == (identity.email or "").strip().lower()
    own = select(Connection.id).where(Connection.user_id == user.id, Connection.provider == provider, same_address)
    return session.scalar(own.limit(1)) is not None


def _stranger(title: str, identity: Identity) -> InstallError:
    if identity.email and not identity.is_email_verified:
        text = f"{title} does not vouch for this account's e-mail address, so it cannot tell who you are here."
    else:
        text = f"Nobody here is known by this {title} account."
    mend = (
        f"If you have an account here, sign in by a one-time link and connect {title} on the settings page."
        " If not, ask whoever runs this installation to invite your address."
    )
    return InstallError("Unknown here", f"{text} {mend}", status=403)
