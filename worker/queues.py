"""The RQ queues: hits to store, alerts and notices to deliver. RQ is the transport; what must last is elsewhere.

The hits themselves lie beside the job, under a key that Redis drops by itself: whatever becomes of a job, full
addresses are gone from Redis in minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis
import structlog
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from core.errors import UnavailableError
from worker.connection import translated

log = structlog.get_logger(__name__)

HITS, ALERTS = "hits", "alerts"
PAYLOAD_SECONDS = 300
_STORE_BATCH, _DELIVER_ALERT = "worker.jobs.store_batch", "worker.jobs.deliver_alert"
_DELIVER_NOTICE, _SELF_TEST = "worker.jobs.deliver_notice", "worker.jobs.run_self_test"
JOBS = frozenset({_STORE_BATCH, _DELIVER_ALERT, _DELIVER_NOTICE, _SELF_TEST})


class ListedJob(Job):
    """A job that runs only what `JOBS` lists: whoever can write to Redis cannot run code of their choice."""

    @property
    def func(self) -> Any:
        """Return the job's function. Raises ValueError if it is not one of ours."""
        if self.instance or self.func_name not in JOBS:
            raise ValueError("not a job of this installation")
        return super().func

    def restore(self, raw_data: Any) -> Any:
        """Read what Redis holds, without the functions and addresses that a job can ask to have called afterwards."""
        super().restore(raw_data)
        self.webhooks = []
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None


def open_queue(connection: redis.Redis, name: str) -> Queue:
    """Open a queue by name."""
    return Queue(name, connection=connection, serializer=JSONSerializer, job_class=ListedJob)


def payload_key(segment: str, start: int) -> str:
    """Name the key under which a batch's bytes wait."""
    return f"mailerplex:batch:{segment}:{start}"


class RqBatchQueue:
    """Hands batches of hits to the workers; implements `core.hits.shipper.BatchQueue`."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._queue = open_queue(connection, HITS)

    def put(self, segment: str, start: int, end: int, payload: bytes) -> None:
        """Queue one batch; one that still waits in the queue only has its bytes renewed."""
        job_id = f"{segment}-{start}"
        with translated():
            self._connection.set(payload_key(segment, start), payload, ex=PAYLOAD_SECONDS)
            if self._connection.lpos(self._queue.key, job_id) is not None and Job.exists(job_id, self._connection):
                return
            self._queue.enqueue_call(
                _STORE_BATCH,
                args=(segment, start, end),
                job_id=job_id,
                timeout=120,
                result_ttl=0,
                failure_ttl=PAYLOAD_SECONDS,
                description="store_batch",
            )


class AlertQueue:
    """Hands alerts that are due to the workers."""

    def __init__(self, connection: redis.Redis) -> None:
        self._queue = open_queue(connection, ALERTS)

    def put_if_possible(self, alert_ids: Iterable[str]) -> None:
        """Queue deliveries; while Redis is down the outbox in SQL holds them until a later tick."""
        try:
            self.put(alert_ids)
        except UnavailableError as error:
            log.warning("alerts_not_queued", error=str(error))

    def put(self, alert_ids: Iterable[str]) -> None:
        """Queue deliveries. Raises UnavailableError."""
        self._put(_DELIVER_ALERT, alert_ids)

    def put_notices(self, notice_ids: Iterable[str]) -> None:
        """Queue deliveries of notices, which go the same way. Raises UnavailableError."""
        self._put(_DELIVER_NOTICE, notice_ids)

    def _put(self, job: str, ids: Iterable[str]) -> None:
        with translated():
            for one in ids:
                self._queue.enqueue_call(
                    job,
                    args=(one,),
                    timeout=120,
                    result_ttl=0,
                    failure_ttl=PAYLOAD_SECONDS,
                    description=job.rpartition(".")[2],
                )

    def put_self_test(self, user_id: str, run_id: str) -> None:
        """Queue a self-test, beside the alerts: people wait for both. Raises UnavailableError."""
        with translated():
            self._queue.enqueue_call(
                _SELF_TEST,
                args=(user_id, run_id),
                timeout=120,
                ttl=PAYLOAD_SECONDS,
                result_ttl=0,
                failure_ttl=PAYLOAD_SECONDS,
                description="run_self_test",
            )
