"""OAuth states: signed, for one use, in the browser that began, within ten minutes (RFC 6749, 10.12; RFC 9700)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.accounts.install.failures import InstallError
from core.accounts.secrets import create_secret, digest_secret
from core.keys import Key, KeyRing
from core.ports import Authorization
from core.storage.connections import OauthState
from core.storage.identifiers import create_id
from core.storage.sealing import Sealer

LIFETIME: Final = timedelta(minutes=10)
USE: Final = "oauth state"
CROWD: Final = 1000
"""So many sign-ins may be under way at once."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a browser is sent to a provider for. Without a user it is a sign-in."""

    provider: str
    user_id: str | None
    features: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    return_path: str = "/"


@dataclass(frozen=True, slots=True)
class Pending:
    """A flow that came back to the browser that began it."""

    purpose: Purpose
    verifier: str
    nonce: str


def create_state(ring: KeyRing) -> str:
    """Make a state: a secret and its signature, so that a made-up one costs no look into the database."""
    secret = create_secret()
    return f"{secret}.{_sign(ring.signing, secret)}"


def _sign(key: Key, secret: str) -> str:
    mac = blake2b(secret.encode(), key=key.derive(USE), digest_size=15).digest()
    return urlsafe_b64encode(mac).decode()


def is_genuine(ring: KeyRing, state: str) -> bool:
    """Say whether this installation signed a state."""
    secret, _, mac = state.partition(".")
    if not state.isascii():
        return False
    return any(hmac.compare_digest(mac, _sign(key, secret)) for key in ring.keys)


def refuse_crowd(session: Session, now: datetime) -> None:
    """Let strangers begin only so many sign-ins at once: each is a row until it ends. Raises InstallError."""
    begun = select(func.count()).select_from(OauthState)
    if (session.scalar(begun.where(OauthState.user_id.is_(None), OauthState.expires_at > now)) or 0) >= CROWD:
        text = "Too many people are signing in just now. Please try again in some minutes."
        raise InstallError("Busy", text, status=503)


def record_state(
    session: Session,
    sealer: Sealer,
    state: str,
    browser_secret: str,
    purpose: Purpose,
    authorization: Authorization,
    now: datetime,
) -> None:
    """Remember a flow until its browser is back."""
    row_id = create_id()
    session.add(
        OauthState(
            id=row_id,
            digest=digest_secret(state),
            browser_digest=digest_secret(browser_secret),
            user_id=purpose.user_id,
            provider=purpose.provider,
            features=" ".join(purpose.features),
            scopes=" ".join(sorted(purpose.scopes)),
            verifier=sealer.seal(authorization.verifier, _place(row_id)),
            nonce=authorization.nonce,
            return_path=purpose.return_path,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )


def use_state(
    session: Session, sealer: Sealer, state: str, browser_secret: str, provider: str, now: datetime
) -> Pending:
    """Use a state up and return its flow. Of two callbacks at once, one wins. Raises InstallError."""
    used = session.execute(
        update(OauthState)
        .where(
            OauthState.digest == digest_secret(state),
            OauthState.browser_digest == digest_secret(browser_secret),
            OauthState.provider == provider,
            OauthState.used_at.is_(None),
            OauthState.expires_at > now,
        )
        .values(used_at=now)
        .returning(OauthState.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used is None:
        raise _explain(session, state, now)
    row = session.get_one(OauthState, used, populate_existing=True)
    purpose = Purpose(
        row.provider, row.user_id, tuple(row.features.split()), frozenset(row.scopes.split()), row.return_path
    )
    return Pending(purpose, sealer.open(row.verifier, _place(row.id)), row.nonce)


def _explain(session: Session, state: str, now: datetime) -> InstallError:
    row = session.scalars(select(OauthState).where(OauthState.digest == digest_secret(state))).one_or_none()
    if row is not None and row.used_at is not None:
        text = "This answer was used already, so opening it again changed nothing. What it did is still done."
        return InstallError("Already finished", text, status=410)
    if row is None or row.expires_at <= now:
        text = "More than ten minutes passed since you began. Nothing was changed. Please begin again."
        return InstallError("That took too long", text, status=410)
    return wrong_browser()


def wrong_browser() -> InstallError:
    """Describe an answer that does not belong to the browser it came in, or to no flow at all."""
    text = (
        "This answer does not belong to anything that this browser began. Nothing was changed. Begin again here, and"
        " stay in one browser: this also happens where cookies are blocked or you signed out meanwhile."
    )
    return InstallError("Not begun here", text)


def remove_expired_states(session: Session, now: datetime) -> int:
    """Remove flows that cannot come back any more. Return how many."""
    ended = session.execute(delete(OauthState).where(OauthState.expires_at <= now).returning(OauthState.id))
    return len(ended.all())


def _place(row_id: str) -> str:
    return f"oauth_states:{row_id}:verifier"
