"""The way of an alert from the table to its channel: released when due, taken by one worker, recorded, retried.

Delivery is at least once: a worker that dies between the other side's acceptance and its own record leaves a claim
that expires, and the alert goes again under the same name (for e-mail: the same Message-ID).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.alerts.channels import Accepted, Channels, OutgoingAlert, PassingError, PermanentError
from core.alerts.outgoing import load_outgoing
from core.alerts.rules import is_external
from core.alerts.states import UNSENT, Correction, State
from core.storage.engine import Sessions
from core.storage.models import Alert

QUEUE_LEASE = timedelta(seconds=30)
SENDING_LEASE = timedelta(seconds=120)
KEEP_FOR = timedelta(days=90)

# After these an alert has failed: about two days in all.
BACKOFF_SECONDS = (30.0, 120.0, 600.0, 3600.0, 21_600.0, 43_200.0, 86_400.0)
_JITTER = 0.2
_ERROR_CHARACTERS = 300

_random = secrets.SystemRandom()
_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """How one attempt to deliver went."""

    SENT = "sent"
    RETRY = "retry"  # the table says when
    FAILED = "failed"
    SKIPPED = "skipped"  # nothing to do: taken by another worker, sent already, withdrawn, not due, gone


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's hold on one alert until `until`."""

    alert: OutgoingAlert
    channel: str
    until: datetime


def release_due(session: Session, now: datetime, limit: int = 200) -> list[str]:
    """Let go what waited long enough; return the ids to be handed to the queue, `limit` at most.

    Takes in what was held, waits for its retry, was queued and not taken, or whose worker died. In-app alerts are
    sent by this alone.
    """
    alerts = session.scalars(
        select(Alert)
        .where(Alert.state.in_(UNSENT), Alert.due_at <= now)
        .order_by(Alert.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    handed = []
    for alert in alerts:
        if not is_external(alert.channel):
            alert.state, alert.sent_at = State.SENT.value, now
            continue
        alert.state, alert.due_at = State.QUEUED.value, now + QUEUE_LEASE
        handed.append(alert.id)
    session.flush()
    return handed


def deliver_alert(sessions: Sessions, alert_id: str, channels: Channels, now: datetime) -> Outcome:
    """Deliver one alert by its channel, outside any transaction, and record how it went."""
    with sessions.begin() as session:
        claim = claim_alert(session, alert_id, now)
    if claim is None:
        return Outcome.SKIPPED
    try:
        accepted = _deliver(channels, claim)
    except (PassingError, PermanentError) as error:
        with sessions.begin() as session:
            return record_failure(session, claim, error, now)
    with sessions.begin() as session:
        record_accepted(session, claim, accepted, now)
    return Outcome.SENT


def _deliver(channels: Channels, claim: Claim) -> Accepted:
    channel = channels.get(claim.channel)
    if channel is None:
        raise PermanentError(f"The channel {claim.channel!r} is not set up.")
    try:
        return channel.deliver(claim.alert)
    except (PassingError, PermanentError):
        raise
    except Exception as error:  # a fault in a channel must not stop the queue, nor lose the alert
        _log.exception("alert channel failed", channel=claim.channel, alert_id=claim.alert.id)
        raise PassingError(f"Unexpected {type(error).__name__}.") from error


def claim_alert(session: Session, alert_id: str, now: datetime) -> Claim | None:
    """Take one alert for this worker; None if there is nothing to do."""
    alert = session.scalar(select(Alert).where(Alert.id == alert_id).with_for_update(skip_locked=True))
    if alert is None or not _is_ready(alert, now):
        return None
    outgoing = load_outgoing(session, alert)
    if outgoing is None or not _is_true(outgoing):
        alert.state = State.WITHDRAWN.value if alert.sent_at is None else State.SENT.value
        return None
    alert.state = State.SENDING.value
    alert.due_at = now + SENDING_LEASE
    alert.attempts += 1
    alert.repeats = outgoing.repeats
    return Claim(outgoing, alert.channel, alert.due_at)


def _is_ready(alert: Alert, now: datetime) -> bool:
    if not is_external(alert.channel):
        return False
    return alert.state == State.QUEUED or (alert.state in (State.DUE, State.SENDING) and alert.due_at <= now)


def _is_true(outgoing: OutgoingAlert) -> bool:
    """Say whether the event still is what the alert says of it."""
    is_human = outgoing.verdict is None or outgoing.verdict.is_human
    return is_human != outgoing.is_correction


def record_accepted(session: Session, claim: Claim, accepted: Accepted, now: datetime) -> None:
    """Record that the other side took it, whoever else recorded something meanwhile."""
    alert = _lock(session, claim)
    if alert is None:
        return
    alert.last_error = None
    if claim.alert.is_correction:
        if alert.correction == Correction.CORRECT:
            alert.state, alert.correction = State.SENT.value, Correction.CORRECTED.value
        return
    if alert.sent_at is not None:
        return
    alert.sent_at, alert.provider_id = now, accepted.provider_id
    if alert.state == State.WITHDRAWN:  # too late to withdraw
        alert.state, alert.correction = State.DUE.value, Correction.CORRECT.value
        alert.due_at, alert.attempts = now, 0
    else:
        alert.state = State.SENT.value


def record_failure(session: Session, claim: Claim, error: PassingError | PermanentError, now: datetime) -> Outcome:
    """Record that it did not work: when to try again, or that it failed for good."""
    alert = _lock(session, claim)
    if alert is None or alert.state != State.SENDING or alert.due_at != claim.until:
        return Outcome.SKIPPED  # withdrawn, or another worker's by now
    alert.last_error = " ".join(str(error).split())[:_ERROR_CHARACTERS]
    wait = _choose_wait(alert.attempts, error)
    if wait is not None:
        alert.state, alert.due_at = State.DUE.value, now + wait
        return Outcome.RETRY
    if claim.alert.is_correction:
        alert.state, alert.correction = State.SENT.value, Correction.FAILED.value
    else:
        alert.state = State.FAILED.value
    return Outcome.FAILED


def _choose_wait(attempts: int, error: PassingError | PermanentError) -> timedelta | None:
    if isinstance(error, PermanentError) or attempts > len(BACKOFF_SECONDS):
        return None
    seconds = BACKOFF_SECONDS[attempts - 1] * _random.uniform(1, 1 + _JITTER)
    return timedelta(seconds=max(seconds, min(error.retry_after_seconds or 0.0, BACKOFF_SECONDS[-1])))


def _lock(session: Session, claim: Claim) -> Alert | None:
    return session.scalar(select(Alert).where(Alert.id == claim.alert.id).with_for_update())


def purge_alerts(session: Session, now: datetime) -> int:
    """Delete alerts past their retention; return how many."""
    result = session.execute(delete(Alert).where(Alert.created_at < now - KEEP_FOR))
    return int(getattr(result, "rowcount", 0))
