"""The list of messages, newest first, with its filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, split_sight
from core.messages.draft import fold_address
from core.storage.messages import Message, Recipient
from core.timeline.cursors import Place, decode_place, encode_place
from core.timeline.messages import MessageItem, read_messages
from core.timeline.paging import DEFAULT_LIMIT, Page

_KIND: Final = "m"
Conditions = list[ColumnElement[bool]]

STATUSES: Final = ("draft", "sent", "read", "clicked", "replied", "bounced")


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are wanted; all that are given must hold.

    `q` is a part of subject, sender, or a recipient's address or name, in whatever case; `recipient` a whole
    address; `since` the earliest time of sending.
    """

    q: str | None = None
    recipient: str | None = None
    status: str | None = None
    since: datetime | None = None


def list_messages(
    session: Session,
    sight: Sight,
    wanted: MessageFilter | None = None,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[MessageItem]:
    """List the messages that may be seen, those not sent yet first, then by time of sending, newest first.

    Raises InputError for a cursor that is none.
    """
    place = None if cursor is None else decode_place(_KIND, cursor)
    found = _find(session, sight, _filter(wanted or MessageFilter()), place, limit + 1)
    items = read_messages(session, found[:limit])
    if len(found) <= limit:
        return Page(items, None)
    return Page(items, encode_place(_KIND, items[-1].sent_at, items[-1].id))


def _find(session: Session, sight: Sight, wanted: Conditions, place: Place | None, count: int) -> list[Message]:
    """Find in two steps, both along an index: what was not sent has no time to be ordered by."""
    found: list[Message] = []
    if place is None or place[0] is None:
        unsent = [*wanted, Message.sent_at.is_(None)]
        if place is not None:
            unsent.append(Message.id < place[1])
        found.extend(session.scalars(_select_newest(sight, unsent, count)))
        place = None
    sent = [*wanted, Message.sent_at.is_not(None)]
    if place is not None:
        at, identifier = place
        sent += [Message.sent_at <= at, or_(Message.sent_at < at, and_(Message.sent_at == at, Message.id < identifier))]
    if len(found) < count:
        found.extend(session.scalars(_select_newest(sight, sent, count - len(found))))
    return found


def _select_newest(sight: Sight, wanted: Conditions, count: int) -> Select[Any]:
    """Select the newest of all that is seen from the newest of each part of it."""
    order = (Message.sent_at.desc(), Message.id.desc())
    parts = [
        select(Message.id).where(seen, *wanted).order_by(*order).limit(count).subquery() for seen in split_sight(sight)
    ]
    newest = union(*(select(part.c.id) for part in parts))
    return select(Message).where(Message.id.in_(newest)).order_by(*order).limit(count)


def _filter(wanted: MessageFilter) -> Conditions:
    conditions: Conditions = []
    if wanted.status is not None:
        conditions.append(Message.status == wanted.status)
    if wanted.since is not None:
        conditions.append(Message.sent_at >= wanted.since)
    if wanted.recipient is not None:
        conditions.append(has_recipient(Recipient.address_folded == fold_address(wanted.recipient)))
    if wanted.q:
        conditions.append(matches_text(wanted.q))
    return conditions


def has_recipient(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a recipient of the message fulfils another."""
    return exists().where(Recipient.message_id == Message.id, condition)


def matches_text(text: str) -> ColumnElement[bool]:
    """Return the condition that a message or one of its recipients contains a text, in any case."""
    return or_(
        contains(Message.subject, text),
        contains(Message.sender, text),
        has_recipient(recipient_contains(text)),
    )


def recipient_contains(text: str) -> ColumnElement[bool]:
    """Return the condition that a recipient's address or name contains a text, in any case."""
    return or_(contains(Recipient.address_folded, text), contains(Recipient.name, text))


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Compare without regard to case in all scripts: the databases' own `lower` may know ASCII alone."""
    folded: ColumnElement[str] = func.lower(column)
    lowered = text.lower()
    for character in sorted({letter for letter in lowered if not letter.isascii()}):
        if len(character.upper()) == 1 and character.upper() != character:
            folded = func.replace(folded, character.upper(), character)
    return folded.contains(lowered, autoescape=True)
