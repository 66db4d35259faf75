"""Tables of how people come into a workspace: invitations, and the e-mail domains whose people may join."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, UtcDateTime, personal, technical, user_data
from core.storage.identifiers import create_id


class Invitation(Base):
    """That a person may join: a link that works once, of whose secret the digest is kept, or a verified sign-in."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("workspace_id", "email"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"))
    # As addresses are compared: in lower case.
    email: Mapped[str] = personal(
        user_data("identity", "to invite the person", Retention.INVITATION), String(320), index=True
    )
    role: Mapped[str] = technical(String(20))
    digest: Mapped[bytes] = technical(LargeBinary(32), unique=True)
    invited_by: Mapped[str | None] = technical(Id, ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = technical(UtcDateTime)
    expires_at: Mapped[datetime] = technical(UtcDateTime, index=True)


class JoiningDomain(Base):
    """An e-mail domain whose people may join a workspace without an invitation."""

    __tablename__ = "joining_domains"

    domain: Mapped[str] = technical(String(255), primary_key=True)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = technical(UtcDateTime)
