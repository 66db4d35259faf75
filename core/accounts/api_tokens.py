"""Tokens of the REST API: made once, shown once, kept as digests, looked up by digest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.accounts.scopes import ALL, Scope, write_scopes
from core.accounts.secrets import SECRET_CHARACTERS, create_secret, digest_secret
from core.errors import InputError
from core.storage.accounts import ApiToken, User

PREFIX: Final = "mpx_"
MAXIMUM_NAME_CHARACTERS: Final = 100
USE_INTERVAL: Final = timedelta(minutes=1)
"""How stale `used_at` may be, so that a busy token rarely writes."""


def create_api_token(
    session: Session,
    user: User,
    name: str,
    now: datetime,
    *,
    scopes: Collection[Scope] = ALL,
    expires_at: datetime | None = None,
) -> str:
    """Make a token that acts for `user` and return it; it is never shown again. Raises InputError for a bad name."""
    cleaned = " ".join(name.split())
    if not cleaned or not cleaned.isprintable() or len(cleaned) > MAXIMUM_NAME_CHARACTERS:
        raise InputError(f"A token needs a name of 1 to {MAXIMUM_NAME_CHARACTERS} printable characters.")
    token = PREFIX + create_secret()
    session.add(
        ApiToken(
            workspace_id=user.workspace_id,
            user_id=user.id,
            name=cleaned,
            digest=digest_secret(token),
            scopes=write_scopes(scopes),
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return token


def verify_api_token(session: Session, token: str, now: datetime) -> ApiToken | None:
    """Return the token's row, None if there is none, or it was revoked or has expired.

    Takes no time that tells how near a guess was: what is compared, by an index, is a digest of 256 random bits.
    """
    if len(token) != len(PREFIX) + SECRET_CHARACTERS or not token.startswith(PREFIX):
        return None
    return session.scalars(
        select(ApiToken).where(
            ApiToken.digest == digest_secret(token),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
        )
    ).one_or_none()


def list_api_tokens(session: Session, user_id: str) -> list[ApiToken]:
    """List a user's tokens that were not revoked, newest first; expired ones among them."""
    own = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return list(session.scalars(own.order_by(ApiToken.created_at.desc(), ApiToken.id.desc())))


def is_use_stale(token: ApiToken, now: datetime) -> bool:
    """Say whether the token's last use should be written down again."""
    return token.used_at is None or now - token.used_at >= USE_INTERVAL


def record_api_token_use(session: Session, token_id: str, now: datetime) -> None:
    """Note that a token was used, if that was not noted within the last minute."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, or_(ApiToken.used_at.is_(None), ApiToken.used_at <= now - USE_INTERVAL))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def revoke_api_token(
    session: Session, workspace_id: str, token_id: str, now: datetime, *, user_id: str | None = None
) -> bool:
    """End a token of a workspace, or of one user in it, at once. Return whether there was one to end."""
    wanted = [ApiToken.id == token_id, ApiToken.workspace_id == workspace_id, ApiToken.revoked_at.is_(None)]
    if user_id is not None:
        wanted.append(ApiToken.user_id == user_id)
    ended = session.execute(update(ApiToken).where(*wanted).values(revoked_at=now).returning(ApiToken.id))
    return ended.one_or_none() is not None
