"""What storing and judging read from SQL: whose copy a hit belongs to, its message's lock, the hits related to it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from core.signal.evidence import Kind, Viewed
from core.signal.thresholds import ADDRESS_WINDOW_SECONDS, RELATED_SECONDS, SHARED_ADDRESS_DOMAINS
from core.storage.columns import UtcDateTime
from core.storage.events import Event
from core.storage.keyed_query import KeyedQuery, Row, keys
from core.storage.messages import Copy, Message, Recipient, View

RELATED_HITS = 48
"""At most so many hits of a message are judged together with new ones, the latest."""
_SHARED_MESSAGES = 200

_SINCE, _UNTIL = bindparam("since", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())
# What `event_rows.parse_stored` reads, in its order.
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
COPY_PLACE, AT_PLACE = _EVENT_COLUMNS.index(Event.copy_id), _EVENT_COLUMNS.index(Event.at)


class CopyFacts(NamedTuple):
    """A copy of a tracked message, as far as a hit on it needs. The recipient only where the copy has but one."""

    copy_id: int
    message_id: str
    workspace_id: str
    user_id: str
    sender: str
    sent_at: datetime | None
    last_event_at: datetime | None
    stopped_at: datetime | None
    is_sample: bool
    recipient_id: str | None
    recipient_address: str | None


def lock_messages(session: Session, message_ids: Collection[str], copy_ids: Collection[int] = ()) -> None:
    """Hold the rows of these messages, and of those that copies are of, until the transaction ends.

    Always in the same order, so that none waits in a ring. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        of_copies = {message_id for (message_id,) in _MESSAGES_OF.execute(session, copy_ids)} if copy_ids else set()
        _LOCK.execute(session, of_copies.union(message_ids))


_MESSAGES_OF = KeyedQuery(select(Copy.message_id).where(Copy.id.in_(keys())))
_LOCK = KeyedQuery(select(Message.id).where(Message.id.in_(keys())).order_by(Message.id).with_for_update())


def load_copies(session: Session, copy_ids: Collection[int]) -> dict[int, CopyFacts]:
    """Load copies by their ids. Those that are gone are not there."""
    facts = {}
    for *told, people, recipient_id, address in _COPIES.execute(session, copy_ids):
        reader = (recipient_id, address) if people == 1 else (None, None)
        facts[told[0]] = CopyFacts(*told, *reader)
    return facts


_COPIES = KeyedQuery(
    select(
        Copy.id,
        Copy.message_id,
        Message.workspace_id,
        Message.user_id,
        Message.sender,
        Message.sent_at,
        Message.last_event_at,
        Copy.stopped_at,
        Message.is_sample,
        func.count(Recipient.id),
        func.min(Recipient.id),
        func.min(Recipient.address_folded),
    )
    .join(Message, Message.id == Copy.message_id)
    .outerjoin(Recipient, Recipient.copy_id == Copy.id)
    .where(Copy.id.in_(keys()))
    .group_by(Copy.id, Message.id)
)


def find_messages_sharing_address(
    session: Session, address_keys: Collection[bytes], since: datetime, until: datetime
) -> set[str]:
    """Find the messages that one of these addresses visited in the window, where it is enough of them to matter."""
    window = timedelta(seconds=ADDRESS_WINDOW_SECONDS)
    since, until = since - window, until + window
    crowded = [key for (key,) in _CROWDED.execute(session, address_keys, since=since, until=until)]
    if not crowded:
        return set()
    in_window = and_(Event.address_key.in_(crowded), Event.at >= since, Event.at <= until)
    return set(session.scalars(select(Event.message_id).where(in_window).distinct().limit(_SHARED_MESSAGES)))


_CROWDED = KeyedQuery(
    select(Event.address_key)
    .where(Event.address_key.in_(keys()), Event.at >= _SINCE, Event.at <= _UNTIL)
    .group_by(Event.address_key)
    .having(func.count(Event.message_id.distinct()) >= SHARED_ADDRESS_DOMAINS - 1)
)


def load_related(session: Session, message_ids: Collection[str], since: datetime, until: datetime) -> list[Row]:
    """Load the stored opens and clicks of these messages that hits between `since` and `until` may relate to.

    Those within `RELATED_SECONDS` may be judged anew; as far again reaches what those relate to.
    """
    reach = timedelta(seconds=2 * RELATED_SECONDS)
    return _RELATED.execute(session, message_ids, since=since - reach, until=until + reach)


def _select_related() -> Select[*tuple[Any, ...]]:
    other = Event.__table__.alias("other")
    # The time of the oldest hit among the latest RELATED_HITS: the index answers it without reading the rest.
    oldest = (
        select(other.c.at)
        .where(other.c.message_id == Message.id, other.c.at >= _SINCE, other.c.at <= _UNTIL)
        .order_by(other.c.at.desc())
        .offset(RELATED_HITS - 1)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(*_EVENT_COLUMNS)
        .join(Message, Message.id == Event.message_id)
        .where(
            Message.id.in_(keys()),
            Event.at >= func.coalesce(oldest, _SINCE),
            Event.at <= _UNTIL,
            or_(Event.kind == Kind.OPEN.value, Event.kind == Kind.CLICK.value),
        )
    )


_RELATED = KeyedQuery(_select_related())


def load_views(session: Session, message_ids: Collection[str], since: datetime, until: datetime) -> list[Viewed]:
    """Load the sender's heads-ups about these messages around a stretch of time."""
    window = timedelta(seconds=RELATED_SECONDS)
    rows = _VIEWS.execute(session, message_ids, since=since - window, until=until + window)
    return [Viewed(message=message_id, at=at) for message_id, at in rows]


_VIEWS = KeyedQuery(
    select(View.message_id, View.at).where(View.message_id.in_(keys()), View.at >= _SINCE, View.at <= _UNTIL)
)


def find_stored(session: Session, event_ids: Collection[str]) -> set[str]:
    """Return which of these events exist already."""
    return {event_id for (event_id,) in _STORED.execute(session, event_ids)}


_STORED = KeyedQuery(select(Event.id).where(Event.id.in_(keys())))
