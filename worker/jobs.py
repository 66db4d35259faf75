"""The jobs: load, call core, save. What they work with is set once for each process by the role that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis
import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.running.installation import Installation
from worker.queues import AlertQueue, payload_key

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the jobs of this process work with."""

    connection: redis.Redis
    installation: Installation
    alerts: AlertQueue
    deliver: Callable[[str], None]
    deliver_notice: Callable[[str], None] = lambda _notice_id: None
    self_test: Callable[[str, str], None] = lambda _user_id, _run_id: None


_tools: list[Tools] = []


def use(tools: Tools) -> None:
    """Give this process its tools."""
    _tools[:] = [tools]


def store_batch(segment: str, start: int, end: int) -> None:
    """Store one batch of hits. What fails here is shipped again until SQL shows it, so failing is only said."""
    tools = _tools[0]
    key = payload_key(segment, start)
    payload = tools.connection.get(key)
    # Longer where a shipper that was started anew cut its batches elsewhere.
    if not isinstance(payload, bytes) or len(payload) < end - start:
        log.info("batch_without_payload", segment=segment, start=start)
        return
    try:
        stored = tools.installation.hits.store(segment, start, end, payload[: end - start])
    except SQLAlchemyError as error:
        log.warning("batch_not_stored", segment=segment, start=start, error=type(error).__name__)
        return
    tools.connection.delete(key)
    log.debug("batch_stored", hits=stored.hits, events=stored.events)
    tools.alerts.put_if_possible(stored.due_alerts)


def deliver_alert(alert_id: str) -> None:
    """Deliver one alert from the outbox, if it is still due."""
    _tools[0].deliver(alert_id)


def deliver_notice(notice_id: str) -> None:
    """Deliver one notice, if it is still due."""
    _tools[0].deliver_notice(notice_id)


def run_self_test(user_id: str, run_id: str) -> None:
    """Carry out a user's self-test, unless that was done."""
    _tools[0].self_test(user_id, run_id)
