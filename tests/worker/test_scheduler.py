"""The tick: of several schedulers one leads, and one task's failure holds up no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy.exc import OperationalError

from core.errors import UnavailableError
from worker.connection import connect
from worker.scheduler import LeaderLock, Scheduler, Task


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    """A client of an empty Redis."""
    with connect(redis_url) as client:
        yield client


def test_of_two_one_holds_the_lock_until_it_gives_it_up_or_is_gone(connection: redis.Redis) -> None:
    first, second = LeaderLock(connection), LeaderLock(connection)
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    second.release()
    assert first.hold(), "only who holds it can give it up"
    assert 0 < int(connection.ttl("mailerplex:scheduler")) <= 15
    first.release()
    assert second.hold()
    connection.flushall()
    assert first.hold()


def test_tasks_run_when_due_and_only_while_leading(connection: redis.Redis) -> None:
    now, ran = 100.0, list[str]()

    def make() -> Scheduler:
        tasks = [Task("often", 1.0, lambda: ran.append("often")), Task("seldom", 60.0, lambda: ran.append("seldom"))]
        return Scheduler(LeaderLock(connection), tasks, lambda: now)

    first, second = make(), make()
    first.tick()
    second.tick()
    assert ran == ["often", "seldom"]
    now += 1
    first.tick()
    second.tick()
    assert ran == ["often", "seldom", "often"]


def test_a_task_that_fails_holds_up_no_other(connection: redis.Redis) -> None:
    ran: list[str] = []

    def fail_by_database() -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    def fail_by_queue() -> None:
        raise UnavailableError("Redis does not answer.")

    tasks = [Task("a", 1.0, fail_by_database), Task("b", 1.0, fail_by_queue), Task("c", 1.0, lambda: ran.append("c"))]
    Scheduler(LeaderLock(connection), tasks).tick()
    assert ran == ["c"]


def test_without_redis_a_tick_does_nothing_and_raises_nothing(tmp_path: Path) -> None:
    ran: list[str] = []
    lock = LeaderLock(connect(f"unix://{tmp_path / 'none.sock'}"))
    Scheduler(lock, [Task("a", 1.0, lambda: ran.append("a"))]).tick()
    assert ran == []
