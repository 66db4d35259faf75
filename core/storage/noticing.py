"""The table of notices: mail to a person about their own account, on its way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, UtcDateTime, personal, technical, user_data
from core.storage.identifiers import create_id


class Notice(Base):
    """One mail about an account: written with what causes it, delivered from here, never from memory.

    `unique_key` makes a notice of the same cause impossible twice; the states are those of alerts.
    """

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_state_due", "state", "due_at"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = technical(String(40))
    # What it tells, as JSON: words by their label.
    facts: Mapped[str] = personal(user_data("device", "to tell what happened", Retention.NOTICE), Text)
    unique_key: Mapped[str] = technical(String(120), unique=True)
    state: Mapped[str] = technical(String(12))
    due_at: Mapped[datetime] = technical(UtcDateTime)
    created_at: Mapped[datetime] = technical(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = technical(UtcDateTime)
    attempts: Mapped[int] = technical(Integer, default=0)
    last_error: Mapped[str | None] = technical(Text)
