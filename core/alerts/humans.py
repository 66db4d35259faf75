"""Which opens and clicks by people the stored events hold: the first of a scope, and those near a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.alerts.told import Scope
from core.hits.changes import EventChange
from core.signal.evidence import Kind, Verdict
from core.storage.models import Event, Message, Recipient

HUMAN_VERDICTS = tuple(verdict.value for verdict in Verdict if verdict.is_human)


def find_firsts(session: Session, scopes: Collection[Scope]) -> dict[Scope, str]:
    """Find the first human event of each scope that has one: its id. At most two queries for each kind."""
    firsts: dict[Scope, str] = {}
    for kind in {scope.kind for scope in scopes}:
        of_kind = {scope for scope in scopes if scope.kind == kind}
        recipients = {scope.recipient_id: scope for scope in of_kind if scope.recipient_id is not None}
        messages = {scope.message_id: scope for scope in of_kind if scope.recipient_id is None}
        if recipients:
            of_recipient = (Event.message_id == Recipient.message_id) & (Event.recipient_id == Recipient.id)
            found = session.execute(_first_each(Recipient.id, of_recipient, kind, recipients))
            firsts |= {recipients[identifier]: event_id for identifier, event_id in found if event_id}
        if messages:
            of_message = (Event.message_id == Message.id) & Event.recipient_id.is_(None)
            found = session.execute(_first_each(Message.id, of_message, kind, messages))
            firsts |= {messages[identifier]: event_id for identifier, event_id in found if event_id}
    return firsts


def _first_each(
    key: InstrumentedAttribute[str], belongs: ColumnElement[bool], kind: Kind, ids: Iterable[str | None]
) -> Select[str, str | None]:
    """Select the first human event for each row of the key's table, by the index on (message, time)."""
    first = (
        select(Event.id)
        .where(belongs, Event.kind == kind.value, Event.verdict.in_(HUMAN_VERDICTS))
        .order_by(Event.at, Event.id)
        .limit(1)
        .correlate(key.class_)
        .scalar_subquery()
    )
    return select(key, first).where(key.in_(ids))


def load_humans(session: Session, message_ids: Collection[str], since: datetime, until: datetime) -> list[EventChange]:
    """Load the human events of some messages between two moments, as if they were new."""
    return _load(session, Event.message_id.in_(message_ids), Event.at >= since, Event.at < until)


def load_events(session: Session, event_ids: Collection[str]) -> list[EventChange]:
    """Load human events by id, as if they were new."""
    return _load(session, Event.id.in_(event_ids))


def _load(session: Session, *conditions: ColumnElement[bool]) -> list[EventChange]:
    query = (
        select(
            Event.id,
            Event.workspace_id,
            Message.user_id,
            Event.message_id,
            Event.recipient_id,
            Event.kind,
            Event.at,
            Event.link_number,
            Event.verdict,
            Event.settles_at,
        )
        .join(Message, Message.id == Event.message_id)
        .where(Event.verdict.in_(HUMAN_VERDICTS), *conditions)
        .order_by(Event.at, Event.id)
    )
    rows: Iterable[Any] = session.execute(query)  # more columns than the types of a row can count
    return [_change(*row) for row in rows]


def _change(
    event_id: str,
    workspace_id: str,
    user_id: str,
    message_id: str,
    recipient_id: str | None,
    kind: str,
    at: datetime,
    link_number: int | None,
    verdict: str | None,
    settles_at: datetime | None,
) -> EventChange:
    judged = Verdict(verdict) if verdict else None
    return EventChange(
        event_id,
        workspace_id,
        user_id,
        message_id,
        recipient_id,
        Kind(kind),
        at,
        link_number,
        is_new=False,
        old_verdict=None,
        verdict=judged,
        settles_at=settles_at,
    )
