"""Makes the sums and states of messages anew from the events that are left."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.signal.evidence import Kind, Verdict
from core.storage.events import Event
from core.storage.messages import Link, Message

_DRAFT = "draft"


def recount_message(session: Session, message: Message) -> None:
    """Set a message's counts, times and status, and its links' clicks, from its events. It must be locked."""
    query = (
        select(Event.kind, Event.verdict, func.count(), func.max(Event.at))
        .where(Event.message_id == message.id)
        .group_by(Event.kind, Event.verdict)
    )
    verdicts: Counter[str] = Counter()
    times: list[datetime] = []
    human_times: list[datetime] = []
    kinds: set[str] = set()
    clicks = 0
    for kind, verdict, count, last_at in session.execute(query):
        times.append(last_at)
        if verdict is None:
            kinds.add(kind)
            continue
        verdicts[verdict] += count
        if Verdict(verdict).is_human:
            human_times.append(last_at)
            kinds.add(kind)
            clicks += count if kind == Kind.CLICK else 0
    for verdict in Verdict:
        setattr(message, f"{verdict.value}_count", verdicts[verdict.value])
    message.click_count = clicks
    message.last_event_at = max(times, default=None)
    message.last_human_at = max(human_times, default=None)
    if message.status != _DRAFT:
        message.status = _furthest(kinds)
    _recount_links(session, message.id)
    session.flush()


def _furthest(kinds: set[str]) -> str:
    """Return the furthest that people brought a message, from the kinds of what they did."""
    for kind, status in (
        (Kind.BOUNCE, "bounced"),
        (Kind.REPLY, "replied"),
        (Kind.CLICK, "clicked"),
        (Kind.OPEN, "read"),
    ):
        if kind.value in kinds:
            return status
    return "sent"


def _recount_links(session: Session, message_id: str) -> None:
    human = [verdict.value for verdict in Verdict if verdict.is_human]
    clicks = (
        select(func.count())
        .where(
            Event.message_id == message_id,
            Event.kind == Kind.CLICK.value,
            Event.link_number == Link.number,
            Event.verdict.in_(human),
        )
        .scalar_subquery()
    )
    session.execute(
        update(Link)
        .where(Link.message_id == message_id)
        .values(clicks=clicks)
        .execution_options(synchronize_session=False)
    )
