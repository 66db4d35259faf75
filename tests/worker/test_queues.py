"""The queues: one batch waits once, its bytes go by themselves, and only our own jobs run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.callbacks import Callback
from rq.serializers import JSONSerializer

from core.errors import UnavailableError
from worker import jobs
from worker.connection import connect
from worker.queues import HITS, PAYLOAD_SECONDS, ListedJob, RqBatchQueue, open_queue, payload_key


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    """A client of an empty Redis."""
    with connect(redis_url) as client:
        yield client


def test_putting_a_batch_again_renews_its_bytes_and_queues_nothing_twice(connection: redis.Redis) -> None:
    queue = RqBatchQueue(connection)
    for payload in (b"first", b"first and more"):
        queue.put("a", 0, len(payload), payload)
    assert open_queue(connection, HITS).count == 1
    assert connection.get(payload_key("a", 0)) == b"first and more"
    ttl = connection.ttl(payload_key("a", 0))
    assert 0 < int(ttl) <= PAYLOAD_SECONDS <= 900
    queue.put("a", 5, 10, b"other")
    assert open_queue(connection, HITS).count == 2


def test_no_hit_is_in_a_job_itself(connection: redis.Redis) -> None:
    RqBatchQueue(connection).put("a", 0, 6, b"secret")
    (job,) = open_queue(connection, HITS).jobs
    assert list(job.args) == ["a", 0, 6]
    assert "secret" not in str(connection.hgetall(job.key))
    assert b"secret" not in job.data


def test_a_batch_whose_job_redis_lost_is_queued_again(connection: redis.Redis) -> None:
    queue = RqBatchQueue(connection)
    queue.put("a", 0, 5, b"first")
    connection.delete(open_queue(connection, HITS).jobs[0].key)
    queue.put("a", 0, 5, b"first")
    assert "a-0" in [job.id for job in open_queue(connection, HITS).jobs]


def test_redis_down_is_said_in_our_own_terms(tmp_path: Path) -> None:
    queue = RqBatchQueue(connect(f"unix://{tmp_path / 'none.sock'}"))
    with pytest.raises(UnavailableError):
        queue.put("a", 0, 5, b"first")


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.run",
        "worker.jobs.use",
        "worker.jobs.redis.Redis",
        "worker.jobs.dataclass",
        "builtins.eval",
    ],
)
def test_a_job_that_is_not_ours_is_refused(connection: redis.Redis, tmp_path: Path, name: str) -> None:
    mark = tmp_path / "mark"
    foreign = Queue(HITS, connection=connection, serializer=JSONSerializer)
    job = foreign.enqueue_call(name, args=(f"touch {mark}",))
    stored = ListedJob.fetch(job.id, connection=connection, serializer=JSONSerializer)
    with pytest.raises(ValueError, match="not a job"):
        _ = stored.func
    _work_off(connection)
    assert not mark.exists()


def test_a_job_calls_nothing_that_it_names_beside_its_function(connection: redis.Redis) -> None:
    foreign = Queue(HITS, connection=connection, serializer=JSONSerializer)
    callback = Callback(os.system)
    job = foreign.enqueue_call(
        "worker.jobs.store_batch", args=("a", 0, 1), on_success=callback, on_failure=callback, on_stopped=callback
    )
    connection.hset(job.key, "webhooks", '[{"url": "http://169.254.169.254/", "events": ["finished"]}]')
    stored = ListedJob.fetch(job.id, connection=connection, serializer=JSONSerializer)
    assert (stored.success_callback, stored.failure_callback, stored.stopped_callback) == (None, None, None)
    assert stored.webhooks == []


def test_the_names_of_our_jobs_are_those_of_functions(connection: redis.Redis) -> None:
    from worker.queues import JOBS

    assert all(callable(getattr(jobs, name.rpartition(".")[2])) for name in JOBS)


def _work_off(connection: redis.Redis) -> None:
    worker = SimpleWorker(
        [open_queue(connection, HITS)], connection=connection, serializer=JSONSerializer, job_class=ListedJob
    )
    worker.work(burst=True, logging_level="CRITICAL")
