"""What an alert says, read from the tables for a channel to say it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.alerts.channels import OutgoingAlert
from core.alerts.humans import HUMAN_VERDICTS
from core.alerts.rules import CHANNELS, is_external
from core.alerts.states import Correction
from core.signal.evidence import Kind, Verdict
from core.storage.models import Alert, Event, Link, Message, Recipient, User

# An outer join's side may be missing, which the types of a query cannot say.
_Row = tuple[Event, Message, User, Recipient | None, str | None]


def load_outgoing(session: Session, alert: Alert) -> OutgoingAlert | None:
    """Read all that a channel needs; None if the event is gone (erased, or its message deleted)."""
    found = session.execute(
        select(Event, Message, User, Recipient, Link.url)
        .join(Message, Message.id == Event.message_id)
        .join(User, User.id == alert.user_id)
        .outerjoin(Recipient, Recipient.id == Event.recipient_id)
        .outerjoin(Link, (Link.message_id == Event.message_id) & (Link.number == Event.link_number))
        .where(Event.id == alert.event_id)
    ).one_or_none()
    if found is None:
        return None
    parts: Any = tuple(found)
    row: _Row = parts
    event, message, user, recipient, url = row
    return OutgoingAlert(
        id=alert.id,
        rule=alert.rule,
        kind=Kind(event.kind),
        user_id=user.id,
        to_address=user.email,
        to_name=user.name,
        timezone=user.timezone,
        message_id=message.id,
        subject=message.subject,
        recipient=None if recipient is None else recipient.name or recipient.address,
        recipient_address=None if recipient is None else recipient.address,
        recipient_count=count_recipients(session, message.id),
        at=event.at,
        verdict=Verdict(event.verdict) if event.verdict else None,
        confidence=event.confidence,
        reasons=tuple(filter(None, event.reasons.split(","))),
        client=join_words((event.client_name, event.client_os, event.client_device)),
        place=join_words((event.city, event.region, event.country)),
        link=url,
        repeats=count_repeats(session, alert, event),
        is_correction=alert.correction == Correction.CORRECT,
        provider_id=alert.provider_id,
    )


def count_recipients(session: Session, message_id: str) -> int:
    """Count whom a message went to."""
    return session.scalar(select(func.count()).where(Recipient.message_id == message_id)) or 0


def count_repeats(session: Session, alert: Alert, event: Event) -> int:
    """Count the human events that an alert stands for, its own included: in the app those of the channel's quiet
    time, elsewhere all until it is sent."""
    until = None if is_external(alert.channel) else event.at + CHANNELS[alert.channel].quiet
    return max(
        1, session.scalar(select_repeats(event.message_id, event.recipient_id, event.kind, event.at, until)) or 0
    )


def select_repeats(
    message_id: str, recipient_id: str | None, kind: str, since: datetime, until: datetime | None
) -> Any:
    """Build the count of a scope's human events from `since` to before `until`."""
    query = select(func.count()).where(
        Event.message_id == message_id,
        Event.recipient_id.is_(None) if recipient_id is None else Event.recipient_id == recipient_id,
        Event.kind == kind,
        Event.verdict.in_(HUMAN_VERDICTS),
        Event.at >= since,
    )
    return query if until is None else query.where(Event.at < until)


def join_words(words: Iterable[str | None]) -> str | None:
    """Join what is known of a client or place by commas; None if nothing is. Says nothing twice."""
    return ", ".join(dict.fromkeys(word for word in words if word)) or None
