"""Tables of what happened: events with the evidence they were judged by, and the batches that are stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Retention, Unsigned64, UtcDateTime, personal, recipient_data, technical

_SHOW = recipient_data("behaviour", "to show when and how the message was read", Retention.EVENT)
_JUDGE = recipient_data("evidence", "to tell people from machines", Retention.EVENT)
_PLACE = recipient_data("place", "to show where the message was read", Retention.EVENT)
_CLIENT = recipient_data("device", "to show with what the message was read", Retention.EVENT)


class Event(Base):
    """An open, click, reply or bounce; for the first two what was judged, by what evidence.

    A full address is never here: `address_cut` is its /24 or /48, the keys are keyed hashes.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_message_at", "message_id", "at"),
        Index("ix_events_workspace_position", "workspace_id", "feed_position", unique=True),
        # Of ranges of pages, in PostgreSQL: events come in the order of time, and this costs a hit next to nothing.
        Index("ix_events_workspace_at", "workspace_id", "at", postgresql_using="brin"),
        Index("ix_events_address_at", "address_key", "at"),
    )

    id: Mapped[str] = technical(Id, primary_key=True)
    # The message's own; its foreign key speaks for this one too, which would cost each hit a look-up more.
    workspace_id: Mapped[str] = technical(Id)
    message_id: Mapped[str] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"))
    copy_id: Mapped[int | None] = technical(Unsigned64)
    recipient_id: Mapped[str | None] = personal(_SHOW, Id)
    feed_position: Mapped[int] = technical(BigInteger)
    revision: Mapped[int] = technical(Integer, default=1)
    kind: Mapped[str] = personal(_SHOW, String(10))
    at: Mapped[datetime] = personal(_SHOW, UtcDateTime)
    link_number: Mapped[int | None] = personal(_SHOW, Integer)
    verdict: Mapped[str | None] = personal(_SHOW, String(20))
    confidence: Mapped[float | None] = technical(Float)
    # Reason codes, separated by commas.
    reasons: Mapped[str] = technical(Text, default="")
    rules: Mapped[str | None] = technical(String(20))
    # Until then a later hit may still change the verdict.
    settles_at: Mapped[datetime | None] = technical(UtcDateTime)
    corrected: Mapped[str | None] = personal(_SHOW, String(20))
    client_name: Mapped[str | None] = personal(_CLIENT, String(100))
    client_os: Mapped[str | None] = personal(_CLIENT, String(100))
    client_device: Mapped[str | None] = personal(_CLIENT, String(100))
    country: Mapped[str | None] = personal(_PLACE, String(2))
    region: Mapped[str | None] = personal(_PLACE, String(200))
    city: Mapped[str | None] = personal(_PLACE, String(200))
    method: Mapped[str | None] = personal(_JUDGE, String(10))
    user_agent: Mapped[str | None] = personal(_JUDGE, String(512))
    # JSON object of the request headers that judging reads, or null.
    headers: Mapped[str | None] = personal(_JUDGE, Text)
    address_cut: Mapped[str | None] = personal(_JUDGE, String(43))
    address_key: Mapped[bytes | None] = personal(_JUDGE, LargeBinary(12))
    network_key: Mapped[bytes | None] = personal(_JUDGE, LargeBinary(12))
    network_kind: Mapped[str | None] = personal(_JUDGE, String(20))
    network_asn: Mapped[int | None] = personal(_JUDGE, BigInteger)
    network_operator: Mapped[str | None] = personal(_JUDGE, String(100))


class Batch(Base):
    """That the bytes of a spool segment from `start` to `end` are in SQL: written with the events they became."""

    __tablename__ = "batches"

    segment: Mapped[str] = technical(String(64), primary_key=True)
    start: Mapped[int] = technical(BigInteger, primary_key=True, autoincrement=False)
    end: Mapped[int] = technical(BigInteger)
    hits: Mapped[int] = technical(Integer)
    stored_at: Mapped[datetime] = technical(UtcDateTime, index=True)
