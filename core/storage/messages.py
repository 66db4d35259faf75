"""Tables of what was sent: tracked messages, their copies, recipients, links, and the sender's own views."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import (
    Id,
    Retention,
    Unsigned64,
    UtcDateTime,
    personal,
    recipient_data,
    technical,
    user_data,
)
from core.storage.identifiers import create_copy_id, create_id

_HISTORY = "to show what became of the message"


class Message(Base):
    """A tracked message. Its body is never here, nor anywhere."""

    __tablename__ = "messages"
    # No index has what hits change: PostgreSQL then writes a changed row beside the old one and touches no index.
    __table_args__ = (
        Index("ix_messages_workspace_sent", "workspace_id", "sent_at", "id"),
        Index("ix_messages_user_sent", "user_id", "sent_at", "id"),
        Index(
            "ix_messages_shared_sent",
            "workspace_id",
            "sent_at",
            "id",
            postgresql_where=text("is_shared"),
            sqlite_where=text("is_shared = 1"),
        ),
        Index(
            "ix_messages_samples",
            "user_id",
            postgresql_where=text("is_sample"),
            sqlite_where=text("is_sample = 1"),
        ),
    )

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"))
    mailbox_id: Mapped[str | None] = technical(Id, ForeignKey("mailboxes.id", ondelete="SET NULL"), index=True)
    subject: Mapped[str] = personal(user_data("message", "to recognise the message", Retention.MESSAGE), Text)
    sender: Mapped[str] = personal(user_data("message", "to know whose message it is", Retention.MESSAGE), String(320))
    rfc_message_id: Mapped[str | None] = personal(
        user_data("message", "to find replies and bounces", Retention.MESSAGE), String(998)
    )
    mode: Mapped[str] = technical(String(20))
    # "draft", "sent", "read", "clicked", "replied", "bounced": the furthest that people brought it.
    status: Mapped[str] = technical(String(20))
    sent_at: Mapped[datetime | None] = personal(user_data("message", _HISTORY, Retention.MESSAGE), UtcDateTime)
    created_at: Mapped[datetime] = technical(UtcDateTime)
    is_sample: Mapped[bool] = technical(Boolean, default=False)
    # A test message to oneself. It is a sample as well: it counts nowhere, and nobody is alerted.
    is_test: Mapped[bool] = technical(Boolean, default=False)
    # Its pixel and links lead over an address that ends with the run of `up --tunnel` that made it.
    is_over_temporary_url: Mapped[bool] = technical(Boolean, default=False)
    # Its sender lets the whole team see it.
    is_shared: Mapped[bool] = technical(Boolean, default=False)
    # How many opens and clicks have each verdict now; kept with the events, so that lists need not count.
    human_count: Mapped[int] = technical(Integer, default=0)
    human_via_proxy_count: Mapped[int] = technical(Integer, default=0)
    prefetch_count: Mapped[int] = technical(Integer, default=0)
    scanner_count: Mapped[int] = technical(Integer, default=0)
    self_count: Mapped[int] = technical(Integer, default=0)
    unknown_count: Mapped[int] = technical(Integer, default=0)
    # How many clicks are people's, of `human_count` and `human_via_proxy_count`.
    click_count: Mapped[int] = technical(Integer, default=0)
    last_event_at: Mapped[datetime | None] = personal(recipient_data("behaviour", _HISTORY), UtcDateTime)
    last_human_at: Mapped[datetime | None] = personal(recipient_data("behaviour", _HISTORY), UtcDateTime)


class Copy(Base):
    """One rendering of a message: shared by all its recipients, or made for one. Its id is in the tokens."""

    __tablename__ = "copies"

    id: Mapped[int] = technical(Unsigned64, primary_key=True, autoincrement=False, default=create_copy_id)
    message_id: Mapped[str] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    # From here on nothing is recorded: a recipient said no.
    stopped_at: Mapped[datetime | None] = personal(recipient_data("choice", "to keep to it"), UtcDateTime)


class Recipient(Base):
    """One person a message went to."""

    __tablename__ = "recipients"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    message_id: Mapped[str] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    copy_id: Mapped[int] = technical(Unsigned64, ForeignKey("copies.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = personal(recipient_data("identity", "to say who was written to"), String(320))
    # The address as compared: lower case.
    address_folded: Mapped[str] = personal(recipient_data("identity", "to find and erase it"), String(320), index=True)
    name: Mapped[str | None] = personal(recipient_data("identity", "to say who was written to"), String(320))
    kind: Mapped[str] = technical(String(3))
    position: Mapped[int] = technical(SmallInteger, default=0)
    status: Mapped[str] = personal(recipient_data("behaviour", _HISTORY), String(20), default="sent")
    last_at: Mapped[datetime | None] = personal(recipient_data("behaviour", _HISTORY), UtcDateTime)


class Link(Base):
    """One link of a message, by the number that its tokens carry."""

    __tablename__ = "links"

    message_id: Mapped[str] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = technical(Integer, primary_key=True, autoincrement=False)
    url: Mapped[str] = personal(user_data("message", "to say what was clicked", Retention.MESSAGE), Text)
    # Clicks by people.
    clicks: Mapped[int] = personal(recipient_data("behaviour", _HISTORY), Integer, default=0)


class View(Base):
    """The sender's heads-up that they were looking at a message, so that the hits around it are their own."""

    __tablename__ = "views"
    __table_args__ = (Index("ix_views_message_at", "message_id", "at"),)

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    message_id: Mapped[str] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"))
    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = personal(user_data("usage", "to leave out the sender's own views"), UtcDateTime)


class Erasure(Base):
    """That an address was erased: its keyed digest alone, kept so that a backup restored later is erased again."""

    __tablename__ = "erasures"

    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = technical(LargeBinary(32), primary_key=True)
    erased_at: Mapped[datetime] = technical(UtcDateTime)
