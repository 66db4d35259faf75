"""The in-app list of alerts, as pages and commands show it: typed, newest first, and what is new in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, union_all, update
from sqlalchemy.orm import Session

from core.alerts.outgoing import select_repeats
from core.alerts.rules import APP, CHANNELS
from core.alerts.states import Correction, State
from core.errors import InputError
from core.signal.evidence import Kind, Verdict
from core.storage.models import Alert, Event, Link, Message, Recipient

MOST = 500
# Parts of one compound SELECT; SQLite allows 500.
_COUNTS_PER_QUERY = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert as it is shown. `verdict` is today's; `is_corrected`: it was no person after all, show it struck.

    `recipient` is None where a shared copy cannot tell who of `recipient_count` it was. `repeats` counts itself.
    """

    id: str
    rule: str
    kind: Kind
    message_id: str
    subject: str
    recipient: str | None
    recipient_address: str | None
    recipient_count: int
    event_id: str
    at: datetime
    verdict: Verdict | None
    confidence: float | None
    reasons: tuple[str, ...]
    link: str | None
    repeats: int
    is_corrected: bool
    is_seen: bool
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A page of the list; `next` is the cursor of the one after it, None on the last."""

    items: tuple[AlertView, ...]
    next: str | None


def list_alerts(session: Session, user_id: str, *, cursor: str | None = None, limit: int = 50) -> AlertPage:
    """List a user's alerts, newest first. Raises InputError for a cursor that is none."""
    size = max(1, min(limit, MOST))
    query = _select_shown(user_id).order_by(Alert.created_at.desc(), Alert.id.desc()).limit(size + 1)
    if cursor is not None:
        created_at, identifier = _parse_cursor(cursor)
        older = and_(Alert.created_at == created_at, Alert.id < identifier)
        query = query.where(or_(Alert.created_at < created_at, older))
    rows: Sequence[Any] = session.execute(query).all()
    shown = rows[:size]
    views = _build_views(session, shown)
    return AlertPage(views, _write_cursor(shown[-1][0]) if len(rows) > size else None)


def _select_shown(user_id: str) -> Any:
    return (
        select(Alert, Event, Message.subject, Recipient, Link.url)
        .join(Event, Event.id == Alert.event_id)
        .join(Message, Message.id == Alert.message_id)
        .outerjoin(Recipient, Recipient.id == Event.recipient_id)
        .outerjoin(Link, and_(Link.message_id == Event.message_id, Link.number == Event.link_number))
        .where(*_shown(user_id))
    )


def _shown(user_id: str) -> tuple[Any, ...]:
    return (Alert.user_id == user_id, Alert.channel == APP, Alert.state == State.SENT.value)


def count_unseen(session: Session, user_id: str) -> int:
    """Count the alerts that the user has not seen, without those that turned out wrong."""
    unseen = (Alert.seen_at.is_(None), Alert.correction.is_(None))
    query = select(func.count()).select_from(Alert).join(Event, Event.id == Alert.event_id)
    return session.scalar(query.where(*_shown(user_id), *unseen)) or 0


def mark_seen(session: Session, user_id: str, now: datetime, *, alert_ids: Collection[str] | None = None) -> int:
    """Mark some of a user's alerts as seen, all without `alert_ids`; return how many were new."""
    query = update(Alert).where(*_shown(user_id), Alert.seen_at.is_(None)).values(seen_at=now)
    if alert_ids is not None:
        query = query.where(Alert.id.in_(alert_ids))
    result = session.execute(query.execution_options(synchronize_session=False))
    return int(getattr(result, "rowcount", 0))


def _build_views(session: Session, rows: Sequence[Any]) -> tuple[AlertView, ...]:
    recipients = _count_recipients(session, {alert.message_id for alert, *_ in rows})
    repeats = _count_repeats(session, [(alert, event) for alert, event, *_ in rows])
    return tuple(
        AlertView(
            id=alert.id,
            rule=alert.rule,
            kind=Kind(event.kind),
            message_id=alert.message_id,
            subject=subject,
            recipient=None if recipient is None else recipient.name or recipient.address,
            recipient_address=None if recipient is None else recipient.address,
            recipient_count=recipients[alert.message_id],
            event_id=event.id,
            at=event.at,
            verdict=Verdict(event.verdict) if event.verdict else None,
            confidence=event.confidence,
            reasons=tuple(filter(None, event.reasons.split(","))),
            link=url,
            repeats=max(1, repeats[alert.id]),
            is_corrected=alert.correction == Correction.CORRECTED,
            is_seen=alert.seen_at is not None,
            created_at=alert.created_at,
            sent_at=alert.sent_at,
        )
        for alert, event, subject, recipient, url in rows
    )


def _count_recipients(session: Session, message_ids: Collection[str]) -> Counter[str]:
    query = select(Recipient.message_id, func.count()).where(Recipient.message_id.in_(message_ids))
    rows: Iterable[Any] = session.execute(query.group_by(Recipient.message_id))
    return Counter(dict(tuple(row) for row in rows))


def _count_repeats(session: Session, pairs: Sequence[tuple[Alert, Event]]) -> Counter[str]:
    """Count what each alert stands for, with one query for many."""
    counts: Counter[str] = Counter()
    for start in range(0, len(pairs), _COUNTS_PER_QUERY):
        part = pairs[start : start + _COUNTS_PER_QUERY]
        queries = [
            select_repeats(
                event.message_id, event.recipient_id, event.kind, event.at, event.at + CHANNELS[APP].quiet
            ).add_columns(literal(alert.id))
            for alert, event in part
        ]
        rows: Iterable[Any] = session.execute(union_all(*queries))
        counts.update({identifier: count for count, identifier in rows})
    return counts


def _write_cursor(alert: Alert) -> str:
    return f"{(alert.created_at - _EPOCH) // timedelta(microseconds=1)}-{alert.id}"


def _parse_cursor(cursor: str) -> tuple[datetime, str]:
    microseconds, _, identifier = cursor.partition("-")
    if not (microseconds.isascii() and microseconds.isdigit() and len(microseconds) <= 17 and identifier.isalnum()):
        raise InputError("The cursor is none of this list.")
    return _EPOCH + timedelta(microseconds=int(microseconds)), identifier
