"""Messages as people and programs see them: one item, its JSON form, and how items are read in three queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message
from core.signal.evidence import Verdict
from core.storage.messages import Link, Message, Recipient
from core.timeline.wire import format_optional_time


@dataclass(frozen=True, slots=True)
class RecipientItem:
    """One person written to. `status` and `last_at` are what is known of this person alone."""

    id: str
    address: str
    name: str | None
    kind: str
    status: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkItem:
    """One link; `clicks` are those of people."""

    number: int
    url: str
    clicks: int


@dataclass(frozen=True, slots=True)
class MessageItem:
    """One message. `status` is the furthest that people brought it; `counts` of opens and clicks by verdict.

    `user_id` is whose message it is; `is_shared`: the team sees it too.
    """

    id: str
    subject: str
    sender: str
    sent_at: datetime | None
    mode: str
    status: str
    recipients: tuple[RecipientItem, ...]
    links: tuple[LinkItem, ...]
    counts: dict[Verdict, int]
    created_at: datetime
    is_sample: bool
    is_shared: bool
    user_id: str
    last_event_at: datetime | None
    last_human_at: datetime | None
    is_test: bool = False
    # Tracked over a tunnel's address, which ends with that run.
    is_over_temporary_url: bool = False


def find_message(session: Session, sight: Sight, message_id: str) -> MessageItem | None:
    """Find one message that may be seen."""
    message = session.scalars(select(Message).where(Message.id == message_id, sees_message(sight))).one_or_none()
    return None if message is None else read_messages(session, [message])[0]


def read_messages(session: Session, messages: Sequence[Message]) -> tuple[MessageItem, ...]:
    """Make items of loaded messages, with the recipients and links of all of them in one query each."""
    ids = [message.id for message in messages]
    recipients = _read_recipients(session, ids)
    links = _read_links(session, ids)
    return tuple(
        MessageItem(
            id=message.id,
            subject=message.subject,
            sender=message.sender,
            sent_at=message.sent_at,
            mode=message.mode,
            status=message.status,
            recipients=tuple(recipients[message.id]),
            links=tuple(links[message.id]),
            counts=_read_counts(message),
            created_at=message.created_at,
            is_sample=message.is_sample,
            is_shared=message.is_shared,
            user_id=message.user_id,
            last_event_at=message.last_event_at,
            last_human_at=message.last_human_at,
            is_test=message.is_test,
            is_over_temporary_url=message.is_over_temporary_url,
        )
        for message in messages
    )


def _read_recipients(session: Session, message_ids: Sequence[str]) -> dict[str, list[RecipientItem]]:
    query = (
        select(
            Recipient.message_id,
            Recipient.id,
            Recipient.address,
            Recipient.name,
            Recipient.kind,
            Recipient.status,
            Recipient.last_at,
        )
        .where(Recipient.message_id.in_(message_ids))
        .order_by(Recipient.message_id, Recipient.position)
    )
    found: dict[str, list[RecipientItem]] = defaultdict(list)
    for row in session.execute(query):
        found[row.message_id].append(RecipientItem(row.id, row.address, row.name, row.kind, row.status, row.last_at))
    return found


def _read_links(session: Session, message_ids: Sequence[str]) -> dict[str, list[LinkItem]]:
    query = (
        select(Link.message_id, Link.number, Link.url, Link.clicks)
        .where(Link.message_id.in_(message_ids))
        .order_by(Link.message_id, Link.number)
    )
    found: dict[str, list[LinkItem]] = defaultdict(list)
    for row in session.execute(query):
        found[row.message_id].append(LinkItem(row.number, row.url, row.clicks))
    return found


def _read_counts(message: Message) -> dict[Verdict, int]:
    return {verdict: getattr(message, f"{verdict.value}_count") for verdict in Verdict}


def describe_message(message: MessageItem) -> dict[str, Any]:
    """Build the JSON form of a message."""
    return {
        "id": message.id,
        "subject": message.subject,
        "sender": message.sender,
        "sent_at": format_optional_time(message.sent_at),
        "mode": message.mode,
        "status": message.status,
        "recipients": [
            {
                "address": recipient.address,
                "name": recipient.name,
                "kind": recipient.kind,
                "status": recipient.status,
                "last_at": format_optional_time(recipient.last_at),
            }
            for recipient in message.recipients
        ],
        "links": [{"url": link.url, "clicks": link.clicks} for link in message.links],
        "counts": {verdict.value: count for verdict, count in message.counts.items()},
        # Only where it is so: nearly no message is.
        **({"temporary_url": True} if message.is_over_temporary_url else {}),
    }
