"""The table of the audit log: who did what here, and who looked at whose data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, UtcDateTime, personal, recipient_data, technical, user_data
from core.storage.identifiers import create_id

_WHO_DID_WHAT = user_data("usage", "to show who did what", Retention.AUDIT)


class AuditEntry(Base):
    """One thing that was done. Written once, changed by an erasure alone, which takes the recipient's address out."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_workspace_at", "workspace_id", "at", "id"),
        Index("ix_audit_entries_actor_at", "actor_id", "at"),
        Index("ix_audit_entries_address", "workspace_id", "address"),
    )

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"))
    # None: nobody signed in did it (the command line, a recipient), or the person's account is gone.
    actor_id: Mapped[str | None] = technical(Id, ForeignKey("users.id", ondelete="SET NULL"))
    action: Mapped[str] = technical(String(40))
    # The thing it was done to, as its kind and id: "message:0123…".
    thing: Mapped[str | None] = technical(String(100))
    detail: Mapped[str | None] = personal(_WHO_DID_WHAT, String(300))
    # The recipient whom it is about, folded; an erasure takes it out.
    address: Mapped[str | None] = personal(
        recipient_data("identity", "to show who looked at a recipient's data", Retention.AUDIT), String(320)
    )
    at: Mapped[datetime] = personal(
        user_data("usage", "to show who did what", Retention.AUDIT), UtcDateTime, index=True
    )
