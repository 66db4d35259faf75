"""The roles that a process can have beside the web's: shipper, worker, scheduler. Each runs until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import FrameType

import structlog
from sqlalchemy import delete

from core.accounts.audit import purge_audit
from core.accounts.idempotency import purge_idempotency_records
from core.accounts.install.states import remove_expired_states
from core.accounts.sessions import remove_expired
from core.alerts.outbox import purge_alerts, release_due
from core.hits.segments import SegmentFolder, SpoolLock
from core.hits.shipper import Shipper
from core.notices.outbox import has_due_notices, purge_notices, release_due_notices
from core.people.invitations import remove_expired_invitations
from core.running.installation import Installation
from core.running.processes import return_free_memory
from core.storage.models import Batch
from worker.connection import connect
from worker.queues import ALERTS, HITS, AlertQueue, RqBatchQueue
from worker.scheduler import LeaderLock, Scheduler, Task

log = structlog.get_logger(__name__)

_BATCH_ROWS_KEPT = timedelta(hours=1)
_STANDBY_SECONDS = 1.0
# Hits can wait in the spool, who makes them does not wait for an answer.
_TRIM_SECONDS = 5.0
_HITS_NICENESS = 5


def stop_event() -> threading.Event:
    """Return the event that SIGTERM and SIGINT set."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


def run_shipper(installation: Installation) -> None:
    """Ship this host's spool. While another process does, stand by."""
    stopping = stop_event()
    lock = SpoolLock(installation.settings.spool_dir)
    while not lock.acquire():
        if stopping.wait(_STANDBY_SECONDS):
            return
    folder = SegmentFolder(installation.settings.spool_dir)
    queue = RqBatchQueue(connect(installation.redis_url))
    shipper = Shipper(folder, queue, installation.reading_sessions)
    rest = 0.0
    while not stopping.wait(rest):
        rest = _step(shipper)


def _step(shipper: Shipper) -> float:
    try:
        return shipper.step()
    except OSError as error:  # a folder or file of the spool that cannot be read just now
        log.error("spool_unreadable", error=str(error))
        return _STANDBY_SECONDS


def run_worker(
    installation: Installation,
    queue_names: Sequence[str],
    deliver: Callable[[str], None],
    deliver_notice: Callable[[str], None],
    self_test: Callable[[str, str], None],
) -> None:
    """Work on the queues."""
    from worker import jobs
    from worker.runner import run_worker as work

    connection = connect(installation.redis_url)
    if HITS in queue_names:
        os.nice(_HITS_NICENESS)
        installation.enricher  # noqa: B018  (a wrong database of places is said now, not at the first hit)
    jobs.use(
        jobs.Tools(
            connection=connection,
            installation=installation,
            alerts=AlertQueue(connection),
            deliver=deliver,
            deliver_notice=deliver_notice,
            self_test=self_test,
        )
    )
    work(connection, queue_names, _make_care(installation) if HITS in queue_names else lambda: None)


def _make_care(installation: Installation) -> Callable[[], None]:
    """Make what a worker of hits does between jobs, and while none come: it keeps neither addresses nor memory."""
    trimmed_at = 0.0

    def care() -> None:
        nonlocal trimmed_at
        installation.refresh()
        if time.monotonic() - trimmed_at >= _TRIM_SECONDS:
            return_free_memory()
            trimmed_at = time.monotonic()

    return care


def choose_queues(names: Sequence[str]) -> tuple[str, ...]:
    """Return the queues to work on, alerts first: they are few and people wait for them."""
    return tuple(name for name in (ALERTS, HITS) if name in names) or (ALERTS, HITS)


def run_scheduler(installation: Installation) -> None:
    """Tick."""
    connection = connect(installation.redis_url)
    tasks = build_tasks(installation, AlertQueue(connection))
    Scheduler(LeaderLock(connection), tasks).run(stop_event())


def build_tasks(installation: Installation, alerts: AlertQueue) -> list[Task]:
    """List what the scheduler does, and how often."""
    return [
        Task("release_alerts", 1.0, lambda: release_alerts(installation, alerts)),
        Task("release_notices", 1.0, lambda: release_notices(installation, alerts)),
        Task("scrub", 20.0, lambda: scrub(installation)),
        Task("purge", 600.0, lambda: purge(installation)),
        Task("reseal", 600.0, lambda: reseal(installation)),
    ]


def release_alerts(installation: Installation, alerts: AlertQueue) -> None:
    """Queue the alerts whose time has come."""
    with installation.sessions.begin() as session:
        due = release_due(session, datetime.now(UTC))
    alerts.put(due)


def release_notices(installation: Installation, queue: AlertQueue) -> None:
    """Queue the notices whose time has come. Most seconds there are none, and nothing is written."""
    now = datetime.now(UTC)
    with installation.reading_sessions() as session:
        if not has_due_notices(session, now):
            return
    with installation.sessions.begin() as session:
        due = release_due_notices(session, now)
    queue.put_notices(due)


def scrub(installation: Installation) -> None:
    """Make SQLite's files forget what was erased."""
    from core.privacy.scrubbing import finish_erasures

    finish_erasures(installation.engine, installation.sessions, installation.reading_sessions)


def reseal(installation: Installation) -> None:
    """Seal with the newest key what processes that held older ones have sealed."""
    from core.accounts.install.resealing import reseal_tokens

    reseal_tokens(installation.sessions, installation.current_ring)


def purge(installation: Installation) -> None:
    """Remove what is kept no longer than needed."""
    now = datetime.now(UTC)
    with installation.sessions.begin() as session:
        session.execute(delete(Batch).where(Batch.stored_at < now - _BATCH_ROWS_KEPT))
        purge_idempotency_records(session, now)
        remove_expired(session, now)
        remove_expired_states(session, now)
        remove_expired_invitations(session, now)
        purge_alerts(session, now)
        purge_audit(session, now)
        purge_notices(session, now)
