"""Tables of telling people: the rules they chose, and the outbox of alerts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, UtcDateTime, personal, recipient_data, technical, user_data
from core.storage.identifiers import create_id

_TELL = recipient_data("behaviour", "to tell the sender", Retention.ALERT)


class AlertRule(Base):
    """What one user wants to hear of, and where."""

    __tablename__ = "alert_rules"
    __table_args__ = (UniqueConstraint("user_id", "rule", "channel"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"))
    # "first_open", "every_open", "any_click".
    rule: Mapped[str] = technical(String(30))
    # "app" (the list on the pages) or "email".
    channel: Mapped[str] = technical(String(20))
    enabled: Mapped[bool] = technical(Boolean, default=True)


class Alert(Base):
    """One alert on its way: written with the event that caused it, delivered from here, never from memory.

    `state`: "held" (its verdict may still change), "due", "queued" (a job is to send it), "sending", "sent",
    "withdrawn" (it changed in time), "failed" (for good). `unique_key` makes an alert for the same
    cause impossible twice.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_state_due", "state", "due_at"),
        Index("ix_alerts_user_created", "user_id", "created_at"),
        UniqueConstraint("unique_key"),
    )

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id)  # the message's own, by whose foreign key it goes
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"))
    message_id: Mapped[str] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[str] = technical(Id, index=True)
    rule: Mapped[str] = technical(String(30))
    channel: Mapped[str] = technical(String(20))
    unique_key: Mapped[str] = technical(String(120))
    state: Mapped[str] = technical(String(12))
    due_at: Mapped[datetime] = technical(UtcDateTime)
    created_at: Mapped[datetime] = personal(_TELL, UtcDateTime)
    sent_at: Mapped[datetime | None] = technical(UtcDateTime)
    seen_at: Mapped[datetime | None] = personal(
        user_data("usage", "to tell new alerts from seen ones", Retention.ALERT), UtcDateTime
    )
    attempts: Mapped[int] = technical(Integer, default=0)
    last_error: Mapped[str | None] = technical(Text)
    # The channel's own identifier of what was sent, such as the Message-ID.
    provider_id: Mapped[str | None] = technical(String(300))
    # How many repeats this one stands for, itself included.
    repeats: Mapped[int] = personal(_TELL, Integer, default=1)
    # What a change of verdict after sending asks for: "correct", then "corrected"; "failed" where it was never sent.
    correction: Mapped[str | None] = technical(String(12))
