"""One person who is written to: how much, what they read, and when and with what they usually do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message
from core.messages.draft import fold_address
from core.signal.evidence import Client, Location, Verdict
from core.storage.events import Event
from core.storage.messages import Message, Recipient
from core.timeline.activity import READ

_MOST_EVENTS: Final = 2000
_MOST_KINDS: Final = 5


@dataclass(frozen=True, slots=True)
class Habits:
    """What is seen of a person's own reading; machines and copies shared with others left out.

    `hours` counts visits by the hour of day, UTC. `delay` is the median time from sending to first reading.
    """

    visits: int
    hours: tuple[int, ...]
    clients: tuple[tuple[Client, int], ...]
    places: tuple[tuple[Location, int], ...]
    delay: timedelta | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Someone written to. `read` counts the messages that it is known this very person read."""

    address: str
    name: str | None
    messages: int
    read: int
    replied: int
    bounced: int
    first_at: datetime | None
    habits: Habits


def find_person(session: Session, sight: Sight, address: str) -> Person | None:
    """Find a person by their address, in whatever case; None where no message to them may be seen."""
    folded = fold_address(address)
    rows: Sequence[Any] = session.execute(_select_mail(sight, folded)).all()
    if not rows:
        return None
    counts: Counter[str] = Counter(row.status for row in rows)
    return Person(
        address=folded,
        name=next((row.name for row in rows if row.name), None),
        messages=len({row.message_id for row in rows}),
        read=sum(counts[status] for status in READ),
        replied=counts["replied"],
        bounced=counts["bounced"],
        first_at=min((row.sent_at for row in rows if row.sent_at is not None), default=None),
        habits=_find_habits(session, sight, folded),
    )


def _select_mail(sight: Sight, folded: str) -> Select[*tuple[Any, ...]]:
    return (
        select(Recipient.message_id, Recipient.name, Recipient.status, Message.sent_at)
        .join(Message, Message.id == Recipient.message_id)
        .where(Recipient.address_folded == folded, sees_message(sight))
        .order_by(Message.sent_at.desc())
    )


def _find_habits(session: Session, sight: Sight, folded: str) -> Habits:
    people = [verdict.value for verdict in Verdict if verdict.is_human]
    query = (
        select(Event.id)
        .join(Recipient, Recipient.id == Event.recipient_id)
        .join(Message, Message.id == Recipient.message_id)
        .where(
            Recipient.address_folded == folded,
            sees_message(sight),
            Event.message_id == Recipient.message_id,
            Event.verdict.in_(people),
        )
        .order_by(Event.at.desc())
        .limit(_MOST_EVENTS)
    ).with_only_columns(
        Event.at,
        Event.message_id,
        Event.verdict,
        Event.client_name,
        Event.client_os,
        Event.client_device,
        Event.country,
        Event.region,
        Event.city,
        Message.sent_at,
    )
    return _describe(session.execute(query).all())


def _describe(rows: Sequence[Any]) -> Habits:
    hours = Counter(row.at.hour for row in rows)
    clients = Counter(Client(row.client_name, row.client_os, row.client_device) for row in rows if row.client_name)
    # Through a proxy the place is the proxy's.
    direct = [row for row in rows if row.verdict == Verdict.HUMAN and (row.country or row.city)]
    places = Counter(Location(row.country, row.region, row.city) for row in direct)
    return Habits(
        visits=len(rows),
        hours=tuple(hours[hour] for hour in range(24)),
        clients=tuple(clients.most_common(_MOST_KINDS)),
        places=tuple(places.most_common(_MOST_KINDS)),
        delay=_find_delay(rows),
        last_at=max((row.at for row in rows), default=None),
    )


def _find_delay(rows: Sequence[Any]) -> timedelta | None:
    first: dict[str, timedelta] = {}
    for row in rows:
        if row.sent_at is not None and row.at >= row.sent_at:
            delay = row.at - row.sent_at
            first[row.message_id] = min(delay, first.get(row.message_id, delay))
    seconds = [delay.total_seconds() for delay in first.values()]
    return timedelta(seconds=median(seconds)) if seconds else None
