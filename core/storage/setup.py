"""Tables of setting up: providers' credentials that were pasted in, self-tests, and who is never tracked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from core.storage.base import Base
from core.storage.columns import Id, Unsigned64, UtcDateTime, personal, recipient_data, technical
from core.storage.identifiers import create_id


class ProviderCredential(Base):
    """A provider's client that was pasted in on the pages, one for each provider. Its secret is sealed."""

    __tablename__ = "provider_credentials"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    provider: Mapped[str] = technical(String(20), unique=True)
    client_id: Mapped[str] = technical(String(255))
    client_secret: Mapped[bytes] = technical(LargeBinary)
    tenant: Mapped[str | None] = technical(String(255))
    changed_at: Mapped[datetime] = technical(UtcDateTime)
    changed_by: Mapped[str | None] = technical(Id, ForeignKey("users.id", ondelete="SET NULL"))


class SelfTest(Base):
    """A user's last test message to themself: how far it got. What it was seen by are its message's events."""

    __tablename__ = "self_tests"

    user_id: Mapped[str] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    # Made anew for each run, so that a job left over from an earlier one does nothing.
    run_id: Mapped[str] = technical(Id, default=create_id)
    message_id: Mapped[str | None] = technical(Id, ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    copy_id: Mapped[int] = technical(Unsigned64)
    tracking_url: Mapped[str] = technical(String(300))
    # "gmail", "outlook", "smtp"; None where there is nothing to send by.
    way: Mapped[str | None] = technical(String(20))
    connection_id: Mapped[str | None] = technical(Id)
    started_at: Mapped[datetime] = technical(UtcDateTime)
    # Taken by a worker: what follows is never done twice.
    taken_at: Mapped[datetime | None] = technical(UtcDateTime)
    sent_at: Mapped[datetime | None] = technical(UtcDateTime)
    # Why it was not sent, and why its pixel was not fetched: sentences fit for the page, without any address.
    send_problem: Mapped[str | None] = technical(Text)
    fetched_at: Mapped[datetime | None] = technical(UtcDateTime)
    fetch_problem: Mapped[str | None] = technical(Text)
    ended_at: Mapped[datetime | None] = technical(UtcDateTime)


class Exclusion(Base):
    """An address or domain that is never tracked: for one user, or for the whole workspace where `user_id` is None.

    When an address is erased, its digest alone stays, so that the choice outlives the data.
    """

    __tablename__ = "exclusions"

    id: Mapped[str] = technical(Id, primary_key=True, default=create_id)
    workspace_id: Mapped[str] = technical(Id, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str | None] = technical(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # "ann@example.com", or "example.com" with all below it.
    pattern: Mapped[str | None] = personal(recipient_data("choice", "to keep from tracking them"), String(320))
    digest: Mapped[bytes | None] = technical(LargeBinary(32))
    created_at: Mapped[datetime] = technical(UtcDateTime)
