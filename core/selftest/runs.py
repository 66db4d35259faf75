"""A user's self-test as it is written down: begun in a request, carried out by a worker, seen on the start page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.links import CopyTracking
from core.messages.copies import plan_copies
from core.messages.draft import DraftRecipient, MessageDraft, Mode
from core.messages.register import PreparedMessage, store_message
from core.selftest.letter import SUBJECT
from core.selftest.probe import USER_AGENT
from core.selftest.senders import Way
from core.signal.evidence import Kind, Verdict
from core.storage.accounts import User
from core.storage.events import Event
from core.storage.identifiers import create_id
from core.storage.messages import Message
from core.storage.setup import SelfTest
from core.tokens import TokenSigner

PATIENCE: Final = timedelta(seconds=90)
"""After so long without a word of it, a run is not coming to an end by itself."""
_MOST_EVENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Sighting:
    """One hit on the test message. `is_ours`: the pixel was fetched by this installation itself."""

    event_id: str
    at: datetime
    kind: Kind
    verdict: Verdict
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Run:
    """How a self-test stands. Problems are sentences for people."""

    run_id: str
    message_id: str
    way: str | None
    tracking_url: str
    started_at: datetime
    taken_at: datetime | None
    sent_at: datetime | None
    send_problem: str | None
    fetched_at: datetime | None
    fetch_problem: str | None
    ended_at: datetime | None
    sightings: tuple[Sighting, ...]

    @property
    def own_sighting(self) -> Sighting | None:
        """Our own fetch, once it is stored and judged."""
        return next((seen for seen in self.sightings if seen.is_ours), None)

    @property
    def other_sightings(self) -> tuple[Sighting, ...]:
        """What came beside our own fetch: the mail was opened, or something on its way looked at it."""
        return tuple(seen for seen in self.sightings if not seen.is_ours)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it should have ended by now: no worker took it, or the one that did died."""
        return self.ended_at is None and now - (self.taken_at or self.started_at) > PATIENCE


def begin_run(
    session: Session,
    signer: TokenSigner,
    tracking_url: str,
    page_url: str,
    user: User,
    way: Way | None,
    now: datetime,
    *,
    is_temporary: bool = False,
) -> str:
    """Write a new run and its message down, in the place of an earlier one; return the run's id."""
    remove_run(session, user.id)
    recipients = (DraftRecipient(user.email if way is None or way.connection_id is None else way.sender),)
    draft = MessageDraft(SUBJECT, recipients[0].address, recipients)
    planned = plan_copies(recipients, Mode.SHARED)
    tracking = CopyTracking(tracking_url, signer, planned[0].copy_id)
    tracking.track(page_url)
    prepared = PreparedMessage(create_id(), draft, planned, tracking.destinations)
    store_message(session, user, prepared, now)
    message = session.get_one(Message, prepared.message_id)
    message.is_sample = message.is_test = True
    message.is_shared = False
    message.is_over_temporary_url = is_temporary
    run = SelfTest(
        user_id=user.id,
        run_id=create_id(),
        message_id=message.id,
        copy_id=planned[0].copy_id,
        tracking_url=tracking_url,
        way=way.name if way is not None else None,
        connection_id=way.connection_id if way is not None else None,
        started_at=now,
    )
    session.add(run)
    session.flush()
    return run.run_id


def remove_run(session: Session, user_id: str) -> None:
    """Remove a user's self-test with its message and what was seen of it."""
    messages = select(Message.id).where(Message.user_id == user_id, Message.is_test)
    for statement in (
        delete(SelfTest).where(SelfTest.user_id == user_id),
        delete(Message).where(Message.id.in_(messages)),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    session.expire_all()


def find_run(session: Session, user_id: str) -> Run | None:
    """Return how a user's self-test stands; None if there is none."""
    row = session.get(SelfTest, user_id)
    if row is None or row.message_id is None:
        return None
    return Run(
        row.run_id,
        row.message_id,
        row.way,
        row.tracking_url,
        row.started_at,
        row.taken_at,
        row.sent_at,
        row.send_problem,
        row.fetched_at,
        row.fetch_problem,
        row.ended_at,
        _list_sightings(session, row.message_id),
    )


def _list_sightings(session: Session, message_id: str) -> tuple[Sighting, ...]:
    rows = session.execute(
        select(Event.id, Event.at, Event.kind, Event.verdict, Event.user_agent)
        .where(Event.message_id == message_id, Event.verdict.is_not(None))
        .order_by(Event.at, Event.id)
        .limit(_MOST_EVENTS)
    )
    return tuple(
        Sighting(event_id, at, Kind(kind), Verdict(verdict or Verdict.UNKNOWN), agent == USER_AGENT)
        for event_id, at, kind, verdict, agent in rows
    )
