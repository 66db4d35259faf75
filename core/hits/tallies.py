"""The sums kept beside messages, recipients and links, moved along when events come or change their verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Table, Update, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from core.hits.changes import EventChange
from core.signal.evidence import Kind, Verdict
from core.storage.bulk import BulkStatement
from core.storage.events import Event
from core.storage.messages import Link, Message, Recipient

_HUMAN = (Verdict.HUMAN.value, Verdict.HUMAN_VIA_PROXY.value)
_COUNTS = {verdict: f"{verdict.value}_count" for verdict in Verdict}
_FINAL_STATUSES = ("replied", "bounced", "draft")


@dataclass(slots=True)
class _Tally:
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    clicks: int = 0
    last_event_at: datetime | None = None
    last_human_at: datetime | None = None
    lost_human: bool = False


@dataclass(slots=True)
class _Reader:
    """What a recipient's news come to: how far it brings them, when, and whether an earlier one was taken back."""

    clicked: bool = False
    at: datetime | None = None
    lost_human: bool = False


def apply_changes(session: Session, changes: Iterable[EventChange]) -> None:
    """Move the sums of all messages, recipients and links that `changes` touch. Their messages must be locked."""
    tallies: dict[str, _Tally] = {}
    links: Counter[tuple[str, int]] = Counter()

    readers: dict[str, _Reader] = {}
    for change in changes:
        _count(tallies.setdefault(change.message_id, _Tally()), change)
        difference = _human(change.verdict) - _human(change.old_verdict)
        if change.kind is Kind.CLICK and difference and change.link_number is not None:
            links[(change.message_id, change.link_number)] += difference
        if change.recipient_id is not None and (difference or _human(change.verdict)):
            _advance(readers.setdefault(change.recipient_id, _Reader()), change)
    _write_messages(session, tallies)
    _write_links(session, links)
    _write_recipients(session, readers)


def _human(verdict: Verdict | None) -> int:
    return int(verdict is not None and verdict.is_human)


def _count(tally: _Tally, change: EventChange) -> None:
    if change.old_verdict is not None:
        tally.verdicts[change.old_verdict] -= 1
    if change.verdict is not None:
        tally.verdicts[change.verdict] += 1
    difference = _human(change.verdict) - _human(change.old_verdict)
    if change.kind is Kind.CLICK:
        tally.clicks += difference
    tally.lost_human |= difference < 0
    if _human(change.verdict):
        tally.last_human_at = max(change.at, tally.last_human_at or change.at)
    tally.last_event_at = max(change.at, tally.last_event_at or change.at)


def _advance(reader: _Reader, change: EventChange) -> None:
    if _human(change.verdict):
        reader.clicked |= change.kind is Kind.CLICK
        reader.at = max(change.at, reader.at or change.at)
    else:
        reader.lost_human = True


def _write_messages(session: Session, tallies: dict[str, _Tally]) -> None:
    rows = [_message_row(message_id, tally) for message_id, tally in sorted(tallies.items())]
    _MESSAGES.execute(session, rows)
    recount_last_human(session, [message_id for message_id, tally in tallies.items() if tally.lost_human])


def _message_row(message_id: str, tally: _Tally) -> dict[str, object]:
    row: dict[str, object] = {f"d_{name}": tally.verdicts[verdict] for verdict, name in _COUNTS.items()}
    row |= {
        "message_id": message_id,
        "d_clicks": tally.clicks,
        "d_event_at": tally.last_event_at,
        "d_human_at": tally.last_human_at,
    }
    return row


def _later(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The later of a column and a value, either of which may be null."""
    return case((value.is_(None), column), (column.is_(None), value), (column < value, value), else_=column)


def _status(table: Table) -> ColumnElement[str]:
    """The furthest that people brought the message, by the sums as they will be."""
    columns = table.c
    clicks = columns.click_count + bindparam("d_clicks")
    reads = columns.human_count + bindparam("d_human_count")
    reads += columns.human_via_proxy_count + bindparam("d_human_via_proxy_count")
    return case(
        (or_(*(columns.status == final for final in _FINAL_STATUSES)), columns.status),
        (clicks > 0, "clicked"),
        (reads > 0, "read"),
        else_="sent",
    )


def recount_last_human(session: Session, message_ids: Collection[str]) -> None:
    """Find anew when people last did something, for messages that lost a human event."""
    if message_ids:
        newest = select(func.max(Event.at)).where(Event.message_id == Message.id, Event.verdict.in_(_HUMAN))
        session.execute(
            update(Message)
            .where(Message.id.in_(message_ids))
            .values(last_human_at=newest.scalar_subquery())
            .execution_options(synchronize_session=False)
        )


def _write_links(session: Session, links: Counter[tuple[str, int]]) -> None:
    rows = [{"m": message, "n": number, "d": count} for (message, number), count in sorted(links.items()) if count]
    _LINKS.execute(session, rows)


def _write_recipients(session: Session, readers: dict[str, _Reader]) -> None:
    rows = [
        {"recipient": recipient_id, "d_clicked": int(reader.clicked), "d_at": reader.at}
        for recipient_id, reader in sorted(readers.items())
        if not reader.lost_human
    ]
    _RECIPIENTS.execute(session, rows)
    settle_recipients(session, [recipient_id for recipient_id, reader in readers.items() if reader.lost_human])


def settle_recipients(session: Session, recipient_ids: Collection[str]) -> None:
    """Set status and time of recipients from all their events, where one of a person's was taken back."""
    if not recipient_ids:
        return
    own = (Event.recipient_id == Recipient.id, Event.message_id == Recipient.message_id, Event.verdict.in_(_HUMAN))
    newest = select(func.max(Event.at)).where(*own).scalar_subquery()
    clicked = select(func.count()).where(*own, Event.kind == Kind.CLICK.value).scalar_subquery()
    status = case(
        (Recipient.status.in_(_FINAL_STATUSES), Recipient.status),
        (clicked > 0, "clicked"),
        (newest.is_not(None), "read"),
        else_="sent",
    )
    session.execute(
        update(Recipient)
        .where(Recipient.id.in_(recipient_ids))
        .values(status=status, last_at=newest)
        .execution_options(synchronize_session=False)
    )


def _raise_messages(table: Table) -> Update:
    columns = table.c
    return (
        update(table)
        .where(columns.id == bindparam("message_id"))
        .values(
            **{name: columns[name] + bindparam(f"d_{name}") for name in _COUNTS.values()},
            click_count=columns.click_count + bindparam("d_clicks"),
            last_event_at=_later(columns.last_event_at, bindparam("d_event_at", type_=columns.last_event_at.type)),
            last_human_at=_later(columns.last_human_at, bindparam("d_human_at", type_=columns.last_human_at.type)),
            status=_status(table),
        )
    )


def _raise_links(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.message_id == bindparam("m"), table.c.number == bindparam("n"))
        .values(clicks=table.c.clicks + bindparam("d"))
    )


def _raise_recipients(table: Table) -> Update:
    columns = table.c
    status = case(
        (or_(*(columns.status == final for final in _FINAL_STATUSES)), columns.status),
        (or_(columns.status == "clicked", bindparam("d_clicked", type_=Integer()) > 0), "clicked"),
        else_="read",
    )
    last_at = _later(columns.last_at, bindparam("d_at", type_=columns.last_at.type))
    return update(table).where(columns.id == bindparam("recipient")).values(status=status, last_at=last_at)


_RECIPIENTS = BulkStatement(_raise_recipients(cast(Table, Recipient.__table__)))
_MESSAGES = BulkStatement(_raise_messages(cast(Table, Message.__table__)))
_LINKS = BulkStatement(_raise_links(cast(Table, Link.__table__)))
