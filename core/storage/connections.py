"""Tables of the accounts that users connected at providers, and of the OAuth flows under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, UtcDateTime, personal, technical, user_data
from core.storage.identifiers import create_id


class Connection(Base):
    """An account at a provider that a user connected or signs in with. Its tokens are sealed, see `sealing`."""

    __tablename__ = "connections"
    __table_args__ = (UniqueConstraint("provider", "subject"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = technical(String(20))
    subject: Mapped[str | None] = personal(
        user_data("identity", "to recognise the account at the next sign-in", Retention.CONNECTION), String(255)
    )
    email: Mapped[str | None] = personal(
        user_data("identity", "to show which account is connected", Retention.CONNECTION), String(320)
    )
    state: Mapped[str] = technical(String(20))
    scopes: Mapped[str] = technical(Text, default="")
    access_token: Mapped[bytes | None] = personal(
        user_data("credential", "to act for the user at the provider; sealed", Retention.CONNECTION), LargeBinary
    )
    refresh_token: Mapped[bytes | None] = personal(
        user_data("credential", "to renew the access; sealed", Retention.CONNECTION), LargeBinary
    )
    expires_at: Mapped[datetime | None] = technical(UtcDateTime)
    # Raised whenever tokens are written or erased: a refresh that was overtaken meanwhile sees it and writes nothing.
    token_version: Mapped[int] = technical(Integer, default=0)
    refreshing_until: Mapped[datetime | None] = technical(UtcDateTime)
    created_at: Mapped[datetime] = technical(UtcDateTime)
    changed_at: Mapped[datetime] = technical(UtcDateTime)


class OauthState(Base):
    """A sign-in or connection under way at a provider: works once, in the browser that began it, for ten minutes."""

    __tablename__ = "oauth_states"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    digest: Mapped[bytes] = technical(LargeBinary(32), unique=True)
    browser_digest: Mapped[bytes] = technical(LargeBinary(32))
    user_id: Mapped[str | None] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = technical(String(20))
    features: Mapped[str] = technical(String(200), default="")
    scopes: Mapped[str] = technical(Text, default="")
    verifier: Mapped[bytes] = technical(LargeBinary)
    nonce: Mapped[str] = technical(String(100))
    return_path: Mapped[str] = technical(String(500))
    created_at: Mapped[datetime] = technical(UtcDateTime)
    expires_at: Mapped[datetime] = technical(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = technical(UtcDateTime)
