"""The way of a notice from the table to the mail server: released when due, taken by one worker, recorded, retried.

Delivery is at least once: a worker that dies between the server's acceptance and its own record leaves a claim that
expires, and the notice goes again under the same Message-ID.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import orjson
import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.accounts.owner import PLACEHOLDER_EMAIL
from core.alerts.channels import PassingError, PermanentError
from core.alerts.outbox import BACKOFF_SECONDS, QUEUE_LEASE, SENDING_LEASE
from core.alerts.states import UNSENT, State
from core.notices.kinds import NoticeKind
from core.storage.accounts import User
from core.storage.engine import Sessions
from core.storage.noticing import Notice

KEPT_FOR: Final = timedelta(days=90)
_JITTER: Final = 0.2
_ERROR_CHARACTERS: Final = 300

_random = secrets.SystemRandom()
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OutgoingNotice:
    """All that the mail of a notice says, without any database. `until` is when the claim on it ends."""

    id: str
    kind: NoticeKind
    to_address: str
    to_name: str | None
    timezone: str | None
    facts: Mapping[str, str]
    at: datetime
    until: datetime


class NoticeSender(Protocol):
    """Sends notices. Called outside any transaction; the same notice again must be recognisable to the receiver."""

    def send(self, notice: OutgoingNotice) -> None:
        """Send one. Raises PassingError or PermanentError."""


def queue_notice(
    session: Session, user: User, kind: NoticeKind, facts: Mapping[str, str | None], unique_key: str, now: datetime
) -> bool:
    """Write a notice in the transaction of what causes it; say whether it is new.

    Nothing for a person without an address. `unique_key` names the cause: the same again is the same notice.
    """
    if user.email == PLACEHOLDER_EMAIL:
        return False
    if session.scalar(select(Notice.id).where(Notice.unique_key == unique_key)) is not None:
        return False
    told = {label: value for label, value in facts.items() if value}
    session.add(
        Notice(
            user_id=user.id,
            kind=kind.value,
            facts=orjson.dumps(told).decode(),
            unique_key=unique_key,
            state=State.DUE.value,
            due_at=now,
            created_at=now,
        )
    )
    return True


def has_due_notices(session: Session, now: datetime) -> bool:
    """Say whether `release_due_notices` would find any."""
    due = select(Notice.id).where(Notice.state.in_(UNSENT), Notice.due_at <= now)
    return session.scalar(due.limit(1)) is not None


def release_due_notices(session: Session, now: datetime, limit: int = 100) -> list[str]:
    """Return the ids to be handed to the queue: new ones, retries, and those whose worker died."""
    notices = session.scalars(
        select(Notice)
        .where(Notice.state.in_(UNSENT), Notice.due_at <= now)
        .order_by(Notice.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for notice in notices:
        notice.state, notice.due_at = State.QUEUED.value, now + QUEUE_LEASE
    return [notice.id for notice in notices]


def deliver_notice(sessions: Sessions, notice_id: str, sender: NoticeSender | None, now: datetime) -> State | None:
    """Send one notice outside any transaction and record how it went; None where there was nothing to do."""
    with sessions.begin() as session:
        claimed = _claim(session, notice_id, now)
    if claimed is None:
        return None
    error = _send(sender, claimed)
    with sessions.begin() as session:
        return _record(session, claimed, error, now)


def _claim(session: Session, notice_id: str, now: datetime) -> OutgoingNotice | None:
    notice = session.scalar(select(Notice).where(Notice.id == notice_id).with_for_update(skip_locked=True))
    if notice is None or not _is_ready(notice, now):
        return None
    user = session.get_one(User, notice.user_id)
    notice.state, notice.due_at = State.SENDING.value, now + SENDING_LEASE
    notice.attempts += 1
    return OutgoingNotice(
        id=notice.id,
        kind=NoticeKind(notice.kind),
        to_address=user.email,
        to_name=user.name,
        timezone=user.timezone,
        facts=orjson.loads(notice.facts),
        at=notice.created_at,
        until=notice.due_at,
    )


def _is_ready(notice: Notice, now: datetime) -> bool:
    return notice.state == State.QUEUED or (notice.state in (State.DUE, State.SENDING) and notice.due_at <= now)


def _send(sender: NoticeSender | None, notice: OutgoingNotice) -> PassingError | PermanentError | None:
    if sender is None:
        return PermanentError("No mail server is set up: SMTP_URL.")
    try:
        sender.send(notice)
    except (PassingError, PermanentError) as error:
        return error
    except Exception as error:  # a fault of ours must not stop the queue, nor lose the notice
        _log.exception("notice failed", notice_id=notice.id)
        return PassingError(f"Unexpected {type(error).__name__}.")
    return None


def _record(
    session: Session, claimed: OutgoingNotice, error: PassingError | PermanentError | None, now: datetime
) -> State | None:
    notice = session.scalar(select(Notice).where(Notice.id == claimed.id).with_for_update())
    if notice is None:
        return None
    if error is None:  # also where the claim ran out meanwhile: the mail is out
        notice.state, notice.sent_at, notice.last_error = State.SENT.value, now, None
        return State.SENT
    if notice.state != State.SENDING or notice.due_at != claimed.until:
        return None  # another worker's by now
    notice.last_error = " ".join(str(error).split())[:_ERROR_CHARACTERS]
    if isinstance(error, PermanentError) or notice.attempts > len(BACKOFF_SECONDS):
        notice.state = State.FAILED.value
        return State.FAILED
    seconds = BACKOFF_SECONDS[notice.attempts - 1] * _random.uniform(1, 1 + _JITTER)
    notice.state, notice.due_at = State.DUE.value, now + timedelta(seconds=max(seconds, error.retry_after_seconds or 0))
    return State.DUE


def purge_notices(session: Session, now: datetime) -> int:
    """Remove notices past their retention. Return how many."""
    old = delete(Notice).where(Notice.created_at < now - KEPT_FOR).returning(Notice.id)
    return len(session.execute(old.execution_options(synchronize_session=False)).all())
