"""Runs an RQ worker for as long as it is wanted, through restarts and failures of Redis."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import redis
import structlog
from rq import SimpleWorker, worker_registration
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from core.hits.outages import Outage
from worker.queues import ListedJob, open_queue

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.5
_WORKER_SECONDS = 30
# A batch makes many objects and keeps none: looking for cycles after each 700 costs a tenth of storing.
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_REGISTER_SECONDS = 10.0


class RoleWorker(SimpleWorker):
    """A worker that does not fork for each batch. `is_told_to_stop`: it ended because a signal said so."""

    is_told_to_stop = False
    # RQ's own 60 seconds would leave hits waiting long after Redis is back.
    max_connection_wait_time = 1.0
    _registered_at = 0.0

    def watch(self, outage: Outage, between_jobs: Callable[[], object]) -> None:
        """Set what is told that Redis answers, and what is called before and after each job."""
        self._outage = outage
        self._between_jobs = between_jobs

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Note the signal; an idle worker ends at once, a busy one after its job."""
        self.is_told_to_stop = True
        try:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's own method has no types
        except redis.RedisError as error:  # it asks Redis whether a job is running
            raise StopRequested from error

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell Redis that this worker lives, also one that lost its data; RQ calls this before and after each job."""
        if pipeline is None:
            if self.is_told_to_stop:
                raise StopRequested
            self._between_jobs()
            self._register_again()
        super().heartbeat(timeout, pipeline)
        self._outage.end()

    def _register_again(self) -> None:
        if time.monotonic() - self._registered_at >= _REGISTER_SECONDS:
            self._registered_at = time.monotonic()
            worker_registration.register(self)


class _OncePerOutage(logging.Filter):
    """Takes RQ's lines about a Redis that is gone, each second one, out of the log: the outage is said once."""

    def __init__(self, outage: Outage) -> None:
        super().__init__()
        self._outage = outage

    def filter(self, record: logging.LogRecord) -> bool:
        if "could not connect to Redis" not in str(record.msg):
            return True
        error = record.args[1] if isinstance(record.args, tuple) and len(record.args) > 1 else None
        self._outage.begin(error if isinstance(error, BaseException) else redis.ConnectionError())
        return False


def run_worker(
    connection: redis.Redis, queue_names: Sequence[str], between_jobs: Callable[[], object] = lambda: None
) -> None:
    """Work on the queues, in their order, until SIGTERM or SIGINT; wait out failures of Redis.

    `between_jobs` is called before and after each job, and every some seconds while there is none.
    """
    stopping = threading.Event()
    outage = Outage("queue_unavailable", role="worker")
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    logging.getLogger("rq.worker").addFilter(_OncePerOutage(outage))

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    while not stopping.is_set():
        worker = None
        try:
            connection.ping()
            worker = _create_worker(connection, queue_names)
            worker.watch(outage, between_jobs)
            worker.work(logging_level="WARNING")
        except (redis.RedisError, OSError) as error:
            outage.begin(error)
        if worker is not None and worker.is_told_to_stop:
            return
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        stopping.wait(_PAUSE_SECONDS)


def _create_worker(connection: redis.Redis, queue_names: Sequence[str]) -> RoleWorker:
    return RoleWorker(
        [open_queue(connection, name) for name in queue_names],
        connection=connection,
        serializer=JSONSerializer,
        job_class=ListedJob,
        worker_ttl=_WORKER_SECONDS,
        log_job_description=False,
    )
