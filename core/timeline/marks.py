"""The events of a message as a picture needs them: little of each, and all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.signal.evidence import Kind, Verdict
from core.storage.events import Event
from core.storage.messages import Recipient

MOST: Final = 5000
"""So many are drawn, the latest; nobody could tell more of them apart."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One event. `recipient` is the address, None where a shared copy cannot tell who it was."""

    id: str
    at: datetime
    kind: Kind
    verdict: Verdict | None
    confidence: float | None
    recipient: str | None


def list_marks(session: Session, message_id: str) -> list[Mark]:
    """List a message's events, the latest first. Whose message it is was checked by the caller."""
    query = (
        select(Event.id, Event.at, Event.kind, Event.verdict, Event.confidence, Recipient.address)
        .outerjoin(Recipient, Recipient.id == Event.recipient_id)
        .where(Event.message_id == message_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(MOST)
    )
    return [
        Mark(row.id, row.at, Kind(row.kind), Verdict(row.verdict) if row.verdict else None, row.confidence, row.address)
        for row in session.execute(query)
    ]
