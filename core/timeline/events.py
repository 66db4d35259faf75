"""Events as people and programs see them: one item, its JSON form, and how it is read from SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select

from core.signal.evidence import Client, Kind, Location, Verdict
from core.storage.events import Event
from core.storage.messages import Link, Recipient
from core.timeline.wire import format_time

JUDGED_KINDS = frozenset({Kind.OPEN, Kind.CLICK})
# A hit that turned out to be a machine's says nothing about where anybody was.
_PLACED = frozenset({Verdict.HUMAN, Verdict.SELF, Verdict.UNKNOWN})


@dataclass(frozen=True, slots=True)
class EventItem:
    """One event. `recipient` is the address, None where a shared copy cannot tell who it was.

    `corrected` is what a person said it was; `settles_at` until when a later hit may change the verdict.
    """

    id: str
    revision: int
    message_id: str
    recipient: str | None
    kind: Kind
    at: datetime
    verdict: Verdict | None
    confidence: float | None
    reasons: tuple[str, ...]
    rules: str | None
    client: Client | None
    location: Location | None
    link: str | None
    corrected: Verdict | None
    settles_at: datetime | None
    position: int


def select_events() -> Select[*tuple[Any, ...]]:
    """Select what `read_event` reads: everything shown of an event in one query, and nothing it was judged by."""
    return (
        select(
            Event.id,
            Event.revision,
            Event.message_id,
            Recipient.address,
            Event.kind,
            Event.at,
            Event.verdict,
            Event.confidence,
            Event.reasons,
            Event.rules,
            Event.client_name,
            Event.client_os,
            Event.client_device,
            Event.country,
            Event.region,
            Event.city,
            Link.url,
            Event.corrected,
            Event.settles_at,
            Event.feed_position,
        )
        .outerjoin(Recipient, Recipient.id == Event.recipient_id)
        .outerjoin(Link, and_(Link.message_id == Event.message_id, Link.number == Event.link_number))
    )


def read_event(row: Row[*tuple[Any, ...]]) -> EventItem:
    """Read one row of `select_events`."""
    kind = Kind(row.kind)
    is_judged = kind in JUDGED_KINDS
    place = (row.country, row.region, row.city)
    return EventItem(
        id=row.id,
        revision=row.revision,
        message_id=row.message_id,
        recipient=row.address,
        kind=kind,
        at=row.at,
        verdict=Verdict(row.verdict) if is_judged and row.verdict else None,
        confidence=row.confidence if is_judged else None,
        reasons=tuple(filter(None, row.reasons.split(","))),
        rules=row.rules,
        client=Client(row.client_name, row.client_os, row.client_device) if is_judged else None,
        location=Location(*place) if any(place) and row.verdict in _PLACED else None,
        link=row.url,
        corrected=Verdict(row.corrected) if row.corrected else None,
        settles_at=row.settles_at,
        position=row.feed_position,
    )


def describe_event(event: EventItem) -> dict[str, Any]:
    """Build the JSON form of an event."""
    client, location = event.client, event.location
    return {
        "id": event.id,
        "revision": event.revision,
        "message_id": event.message_id,
        "recipient": event.recipient,
        "kind": event.kind.value,
        "at": format_time(event.at),
        "verdict": event.verdict.value if event.verdict else None,
        "confidence": event.confidence,
        "reasons": list(event.reasons),
        "rules": event.rules,
        "client": {"name": client.name, "os": client.os, "device": client.device} if client else None,
        "location": (
            {"country": location.country, "region": location.region, "city": location.city} if location else None
        ),
        "link": event.link,
    }
