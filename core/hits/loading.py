"""What storing and judging read from SQL: whose copy a hit belongs to, its message's lock, the hits related to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, and_, func, literal, select
from sqlalchemy.orm import Session

from core.signal.evidence import Kind, Viewed
from core.signal.thresholds import ADDRESS_WINDOW_SECONDS, RELATED_SECONDS, SHARED_ADDRESS_DOMAINS
from core.storage.events import Event
from core.storage.messages import Copy, Message, Recipient, View

RELATED_HITS = 48
"""At most so many hits of a message are judged together with new ones, the latest."""
_SHARED_MESSAGES = 200

_JUDGED_KINDS = (Kind.OPEN.value, Kind.CLICK.value)
_EVENT_COLUMNS = (
    Event.id,
    Event.message_id,
    Event.copy_id,
    Event.kind,
    Event.at,
    Event.link_number,
    Event.verdict,
    Event.confidence,
    Event.reasons,
    Event.revision,
    Event.corrected,
    Event.method,
    Event.user_agent,
    Event.headers,
    Event.address_key,
    Event.network_key,
    Event.network_kind,
    Event.network_asn,
    Event.network_operator,
)


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """A copy of a tracked message, as far as a hit on it needs. The recipient only where the copy has but one."""

    copy_id: int
    message_id: str
    workspace_id: str
    user_id: str
    sender: str
    sent_at: datetime | None
    last_event_at: datetime | None
    stopped_at: datetime | None
    recipient_id: str | None
    recipient_address: str | None


def lock_messages(session: Session, message_ids: Collection[str]) -> None:
    """Hold these messages' rows until the transaction ends; always in the same order, so that none waits in a ring.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql" and message_ids:
        ids = select(Message.id).where(Message.id.in_(message_ids)).order_by(Message.id).with_for_update()
        session.execute(ids).all()


def load_copies(session: Session, copy_ids: Collection[int]) -> dict[int, CopyFacts]:
    """Load copies by their ids. Those that are gone are not there."""
    chosen = Copy.id.in_(copy_ids)
    people = (
        select(
            Recipient.copy_id,
            func.count().label("people"),
            func.min(Recipient.id).label("id"),
            func.min(Recipient.address_folded).label("address"),
        )
        .join(Copy, Copy.id == Recipient.copy_id)
        .where(chosen)
        .group_by(Recipient.copy_id)
        .subquery()
    )
    query = (
        select(
            Copy.id,
            Copy.message_id,
            Message.workspace_id,
            Message.user_id,
            Message.sender,
            Message.sent_at,
            Message.last_event_at,
            Copy.stopped_at,
            people.c.people,
            people.c.id.label("recipient_id"),
            people.c.address,
        )
        .join(Message, Message.id == Copy.message_id)
        .outerjoin(people, people.c.copy_id == Copy.id)
        .where(chosen)
    )
    facts = {}
    for row in session.execute(query):
        is_one = row.people == 1
        facts[row.id] = CopyFacts(
            copy_id=row.id,
            message_id=row.message_id,
            workspace_id=row.workspace_id,
            user_id=row.user_id,
            sender=row.sender,
            sent_at=row.sent_at,
            last_event_at=row.last_event_at,
            stopped_at=row.stopped_at,
            recipient_id=row.recipient_id if is_one else None,
            recipient_address=row.address if is_one else None,
        )
    return facts


def find_messages_sharing_address(
    session: Session, address_keys: Collection[bytes], since: datetime, until: datetime
) -> set[str]:
    """Find the messages that one of these addresses visited in the window, where it is enough of them to matter."""
    if not address_keys:
        return set()
    window = timedelta(seconds=ADDRESS_WINDOW_SECONDS)
    in_window = and_(Event.address_key.in_(address_keys), Event.at >= since - window, Event.at <= until + window)
    crowded = (
        select(Event.address_key)
        .where(in_window)
        .group_by(Event.address_key)
        .having(func.count(Event.message_id.distinct()) >= SHARED_ADDRESS_DOMAINS - 1)
    )
    keys = session.scalars(crowded).all()
    if not keys:
        return set()
    ids = select(Event.message_id).where(in_window, Event.address_key.in_(keys)).distinct().limit(_SHARED_MESSAGES)
    return set(session.scalars(ids))


def load_related(
    session: Session, message_ids: Collection[str], since: datetime, until: datetime
) -> Sequence[RowMapping]:
    """Load the stored opens and clicks of these messages that hits between `since` and `until` may relate to.

    Those within `RELATED_SECONDS` may be judged anew; as far again reaches what those relate to.
    """
    if not message_ids:
        return []
    lowest = since - timedelta(seconds=2 * RELATED_SECONDS)
    highest = until + timedelta(seconds=2 * RELATED_SECONDS)
    other = Event.__table__.alias("other")
    # The time of the oldest hit among the latest RELATED_HITS: the index answers it without reading the rest.
    oldest = (
        select(other.c.at)
        .where(other.c.message_id == Message.id, other.c.at >= lowest, other.c.at <= highest)
        .order_by(other.c.at.desc())
        .offset(RELATED_HITS - 1)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(*_EVENT_COLUMNS)
        .join(Message, Message.id == Event.message_id)
        .where(
            Message.id.in_(message_ids),
            Event.at >= func.coalesce(oldest, literal(lowest, Event.at.type)),
            Event.at <= highest,
            Event.kind.in_(_JUDGED_KINDS),
        )
    )
    return session.execute(query).mappings().all()


def load_views(session: Session, message_ids: Collection[str], since: datetime, until: datetime) -> list[Viewed]:
    """Load the sender's heads-ups about these messages around a stretch of time."""
    window = timedelta(seconds=RELATED_SECONDS)
    query = select(View.message_id, View.at).where(
        View.message_id.in_(message_ids), View.at >= since - window, View.at <= until + window
    )
    return [Viewed(message=message_id, at=at) for message_id, at in session.execute(query)]


def find_stored(session: Session, event_ids: Collection[str]) -> set[str]:
    """Return which of these events exist already."""
    return set(session.scalars(select(Event.id).where(Event.id.in_(event_ids))))
