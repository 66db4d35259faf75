"""Runs an RQ worker for as long as it is wanted, through restarts and failures of Redis."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from types import FrameType

import redis
import structlog
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from worker.queues import ListedJob, open_queue

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.5
_WORKER_SECONDS = 30


class RoleWorker(SimpleWorker):
    """A worker that does not fork for each batch. `is_told_to_stop`: it ended because a signal said so."""

    is_told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Note the signal; an idle worker ends at once, a busy one after its job."""
        self.is_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's own method has no types


def run_worker(connection: redis.Redis, queue_names: Sequence[str]) -> None:
    """Work on the queues, in their order, until SIGTERM or SIGINT; wait out failures of Redis."""
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    while not stopping.is_set():
        try:
            worker = RoleWorker(
                [open_queue(connection, name) for name in queue_names],
                connection=connection,
                serializer=JSONSerializer,
                job_class=ListedJob,
                worker_ttl=_WORKER_SECONDS,
                log_job_description=False,
            )
            worker.work(logging_level="WARNING")
            if worker.is_told_to_stop:
                stopping.set()
        except (redis.RedisError, OSError) as error:
            log.warning("queue_unavailable", role="worker", error=type(error).__name__)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        stopping.wait(_PAUSE_SECONDS)
