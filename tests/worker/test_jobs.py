"""Storing a batch as a job: by the bytes beside it, and quiet where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import redis
from sqlalchemy.exc import OperationalError

from core.hits.store import StoredBatch
from core.running.installation import Installation
from worker import jobs
from worker.connection import connect
from worker.queues import ALERTS, AlertQueue, open_queue, payload_key


@dataclass
class FakeHits:
    """Stores nothing, remembers what it was given, and fails when told to."""

    stored: list[tuple[str, int, int, bytes]] = field(default_factory=list)
    fails: bool = False

    def store(self, segment: str, start: int, end: int, payload: bytes) -> StoredBatch:
        """Take a batch."""
        if self.fails:
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        self.stored.append((segment, start, end, payload))
        return StoredBatch(1, 1, ("alert-1",))


@dataclass
class FakeInstallation:
    """An installation with nothing but hits."""

    hits: FakeHits = field(default_factory=FakeHits)


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    """A client of an empty Redis."""
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def hits(connection: redis.Redis) -> FakeHits:
    """What the jobs of this process store into."""
    installation = FakeInstallation()

    def deliver(_alert_id: str) -> None: ...

    tools: Any = jobs.Tools(
        connection, cast(Installation, installation), AlertQueue(connection), deliver, lambda *_: None
    )
    jobs.use(tools)
    return installation.hits


def test_a_batch_is_stored_its_bytes_dropped_and_its_due_alerts_queued(connection: redis.Redis, hits: FakeHits) -> None:
    connection.set(payload_key("a", 7), b"12345")
    jobs.store_batch("a", 7, 12)
    assert hits.stored == [("a", 7, 12, b"12345")]
    assert connection.get(payload_key("a", 7)) is None
    assert open_queue(connection, ALERTS).count == 1


def test_bytes_that_a_later_shipper_put_for_more_serve_the_shorter_batch(
    connection: redis.Redis, hits: FakeHits
) -> None:
    connection.set(payload_key("a", 0), b"12345678")
    jobs.store_batch("a", 0, 5)
    assert hits.stored == [("a", 0, 5, b"12345")]


def test_a_batch_without_its_bytes_is_left_to_be_shipped_again(connection: redis.Redis, hits: FakeHits) -> None:
    jobs.store_batch("a", 0, 5)
    connection.set(payload_key("a", 0), b"123")
    jobs.store_batch("a", 0, 5)
    assert hits.stored == []


def test_a_database_that_fails_costs_no_bytes_and_raises_nothing(connection: redis.Redis, hits: FakeHits) -> None:
    connection.set(payload_key("a", 0), b"12345")
    hits.fails = True
    jobs.store_batch("a", 0, 5)
    assert connection.get(payload_key("a", 0)) == b"12345"
