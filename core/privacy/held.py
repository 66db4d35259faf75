"""What is held on an address, as far as one may see: for the person's own request, and to look before erasing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.accounts.audit import list_about
from core.accounts.sight import Sight, sees_message
from core.messages.draft import fold_address
from core.messages.exclusions import list_naming
from core.storage.events import Event
from core.storage.messages import Copy, Link, Message, Recipient
from core.timeline.events import describe_event, read_event, select_events
from core.timeline.wire import format_optional_time, format_time

_BATCH = 500


def describe_recipient(session: Session, sight: Sight, address: str) -> dict[str, Any]:
    """Return what may be seen of all that is held on `address`, as one JSON document; `messages` is empty for nothing.

    Events of a copy that several people got are apart, as `shared_events`: they may be anyone's. `looks` are the audit
    log's entries about the address: when it was looked at or exported, not by whom.
    """
    folded = fold_address(address)
    query = (
        select(Recipient, Message, Copy.stopped_at)
        .join(Message, Message.id == Recipient.message_id)
        .join(Copy, Copy.id == Recipient.copy_id)
        .where(sees_message(sight), Recipient.address_folded == folded)
        .order_by(Message.created_at, Message.id)
    )
    rows = session.execute(query).all()
    messages: list[dict[str, Any]] = []
    for start in range(0, len(rows), _BATCH):
        messages.extend(_describe_messages(session, [tuple(row) for row in rows[start : start + _BATCH]]))
    looks = list_about(session, sight.workspace_id, folded, sight.user_id or None)
    described = [{"at": format_time(at), "action": action} for at, action in looks]
    never = [format_time(at) for at in list_naming(session, sight.workspace_id, folded)]
    # Only where it is so: nearly nobody is on such a list.
    listed = {"never_tracked_since": never} if never else {}
    return {"address": folded, "messages": messages, "looks": described, **listed}


def _describe_messages(session: Session, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    recipients = [recipient for recipient, _, _ in rows]
    sizes = _count_recipients(session, [recipient.copy_id for recipient in recipients])
    links = _load_links(session, [recipient.message_id for recipient in recipients])
    own, shared = _load_events(session, recipients)
    return [
        {
            "id": message.id,
            "subject": message.subject,
            "sender": message.sender,
            "sent_at": format_optional_time(message.sent_at),
            "mode": message.mode,
            "name": recipient.name,
            "kind": recipient.kind,
            "status": recipient.status,
            "last_at": format_optional_time(recipient.last_at),
            "stopped_at": format_optional_time(stopped_at),
            "recipients_of_copy": sizes[recipient.copy_id],
            "links": links[message.id],
            "events": own[recipient.id],
            "shared_events": shared[recipient.copy_id],
        }
        for recipient, message, stopped_at in rows
    ]


def _count_recipients(session: Session, copy_ids: Sequence[int]) -> Counter[int]:
    query = select(Recipient.copy_id, func.count()).where(Recipient.copy_id.in_(copy_ids)).group_by(Recipient.copy_id)
    return Counter({row[0]: row[1] for row in session.execute(query)})


def _load_links(session: Session, message_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    query = select(Link).where(Link.message_id.in_(message_ids)).order_by(Link.message_id, Link.number)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for link in session.scalars(query):
        found[link.message_id].append({"url": link.url, "clicks": link.clicks})
    return found


def _load_events(
    session: Session, recipients: Sequence[Recipient]
) -> tuple[dict[str, list[dict[str, Any]]], dict[int, list[dict[str, Any]]]]:
    """Load the recipients' own events by recipient, and those that may be theirs by copy."""
    wanted = or_(
        Event.recipient_id.in_([recipient.id for recipient in recipients]),
        and_(Event.copy_id.in_([recipient.copy_id for recipient in recipients]), Event.recipient_id.is_(None)),
    )
    columns = (
        Event.recipient_id,
        Event.copy_id,
        Event.method,
        Event.user_agent,
        Event.headers,
        Event.address_cut,
        Event.network_kind,
        Event.network_asn,
        Event.network_operator,
    )
    of_messages = Event.message_id.in_([recipient.message_id for recipient in recipients])
    query = select_events().add_columns(*columns).where(of_messages, wanted).order_by(Event.at, Event.id)
    own: dict[str, list[dict[str, Any]]] = defaultdict(list)
    shared: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(query):
        described = describe_event(read_event(row)) | {"corrected": row.corrected, "evidence": _describe_evidence(row)}
        if row.recipient_id is None:
            shared[row.copy_id].append(described)
        else:
            own[row.recipient_id].append(described)
    return own, shared


def _describe_evidence(row: Any) -> dict[str, Any]:
    return {
        "method": row.method,
        "user_agent": row.user_agent,
        "headers": orjson.loads(row.headers) if row.headers else {},
        "network": {
            "address": row.address_cut,
            "kind": row.network_kind,
            "asn": row.network_asn,
            "operator": row.network_operator,
        },
    }
