"""Tables of who uses the installation: workspaces, users, sign-in links, sessions, mailboxes, API tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, UtcDateTime, personal, technical, user_data
from core.storage.identifiers import create_id

_DEFAULTS = "to track as the person chose"
_OWN_SESSIONS = user_data("device", "to recognise one's own sessions", Retention.SESSION)
_OWN_SIGNINS = user_data("device", "to recognise sign-ins that were not one's own", Retention.SIGNIN)


class Workspace(Base):
    """A team, or one person alone. Everything else belongs to exactly one."""

    __tablename__ = "workspaces"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    name: Mapped[str] = technical(String(200))
    created_at: Mapped[datetime] = technical(UtcDateTime)
    # The place of the newest event in this workspace's feed. Raised under this row's lock, in the transaction that
    # writes the events, so feed order is commit order and nothing appears behind a cursor handed out.
    feed_position: Mapped[int] = technical(BigInteger, default=0)


class User(Base):
    """A person with an account."""

    __tablename__ = "users"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = personal(user_data("identity", "to sign in and to send alerts"), String(320), unique=True)
    name: Mapped[str | None] = personal(user_data("identity", "to address the person"), String(200))
    role: Mapped[str] = technical(String(20), default="member")
    timezone: Mapped[str | None] = personal(
        user_data("preference", "to show times as the person reads them"), String(64)
    )
    # New messages are shared with the team.
    shares_messages: Mapped[bool] = personal(
        user_data("preference", "to share messages with the team"), Boolean, default=False
    )
    # What a new message is tracked by, unless it says otherwise itself.
    tracks_opens: Mapped[bool] = personal(user_data("preference", _DEFAULTS), Boolean, default=True)
    tracks_links: Mapped[bool] = personal(user_data("preference", _DEFAULTS), Boolean, default=True)
    tracks_per_recipient: Mapped[bool] = personal(user_data("preference", _DEFAULTS), Boolean, default=False)
    # The start page is no longer what opens first.
    hides_start: Mapped[bool] = personal(
        user_data("preference", "to open the page that the person wants"), Boolean, default=False
    )
    created_at: Mapped[datetime] = technical(UtcDateTime)


class SigninLink(Base):
    """A one-time sign-in link; only the digest of its secret is kept."""

    __tablename__ = "signin_links"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = technical(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = technical(UtcDateTime)
    expires_at: Mapped[datetime] = technical(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = technical(UtcDateTime)


class Session(Base):
    """A signed-in browser; only the digest of its cookie is kept."""

    __tablename__ = "sessions"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = technical(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = technical(UtcDateTime)
    seen_at: Mapped[datetime] = personal(
        user_data("usage", "to end sessions that are not used", Retention.SESSION), UtcDateTime
    )
    expires_at: Mapped[datetime] = technical(UtcDateTime, index=True)
    # How it began: "one-time link", or a provider's name.
    way: Mapped[str | None] = technical(String(40))
    user_agent: Mapped[str | None] = personal(_OWN_SESSIONS, String(200))
    # The client address at the beginning, cut to /24 or /48, and the place that it is announced at.
    network: Mapped[str | None] = personal(_OWN_SESSIONS, String(50))
    place: Mapped[str | None] = personal(_OWN_SESSIONS, String(200))


class Signin(Base):
    """That somebody signed in: kept beside the session, which may be gone, so that a person can look back."""

    __tablename__ = "signins"
    __table_args__ = (Index("ix_signins_user_at", "user_id", "at"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[str] = technical(Id, index=True)
    way: Mapped[str] = technical(String(40))
    user_agent: Mapped[str | None] = personal(_OWN_SIGNINS, String(200))
    network: Mapped[str | None] = personal(_OWN_SIGNINS, String(50))
    place: Mapped[str | None] = personal(_OWN_SIGNINS, String(200))
    at: Mapped[datetime] = personal(_OWN_SIGNINS, UtcDateTime, index=True)
    # When the person said that it was not them.
    disowned_at: Mapped[datetime | None] = technical(UtcDateTime)


class Mailbox(Base):
    """A sender's address that messages are tracked for, and the provider it is connected through."""

    __tablename__ = "mailboxes"
    __table_args__ = (UniqueConstraint("workspace_id", "address"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = personal(user_data("identity", "to know whose mail is tracked"), String(320))
    provider: Mapped[str] = technical(String(20), default="manual")
    created_at: Mapped[datetime] = technical(UtcDateTime)


class ApiToken(Base):
    """A token for the REST API; only its digest is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = technical(String(100))
    digest: Mapped[bytes] = technical(LargeBinary(32), unique=True)
    # What it may do, separated by blanks: `core.accounts.scopes`.
    scopes: Mapped[str] = technical(Text)
    created_at: Mapped[datetime] = technical(UtcDateTime)
    expires_at: Mapped[datetime | None] = technical(UtcDateTime)
    used_at: Mapped[datetime | None] = personal(user_data("usage", "to find tokens that are not used"), UtcDateTime)
    revoked_at: Mapped[datetime | None] = technical(UtcDateTime)


class IdempotencyRecord(Base):
    """That a POST was carried out under a key: the keyed digest of the request and what it made, never its content."""

    __tablename__ = "idempotency_records"

    token_id: Mapped[str] = technical(Id, ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = technical(String(200), primary_key=True)
    digest: Mapped[bytes] = technical(LargeBinary(32))
    resource_id: Mapped[str] = technical(Text)
    created_at: Mapped[datetime] = technical(UtcDateTime, index=True)


class InstallationFact(Base):
    """Small facts about the installation by name: counters that survive restarts, the erasures to finish."""

    __tablename__ = "installation_facts"

    name: Mapped[str] = technical(String(100), primary_key=True)
    value: Mapped[str] = technical(Text)
