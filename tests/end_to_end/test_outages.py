"""Redis and the database may be gone: pixels and links answer as fast as ever, and all of it arrives afterwards."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.running.server import PAGE_THREADS
from tests.conftest import SECRET_KEYS
from tests.end_to_end.conftest import Start
from tests.support import postgres, redis_server
from tests.support.installation import RunningInstallation
from tests.support.survival import assert_each_answered_hit_is_one_event
from tests.support.visitors import Visitors

OUTAGE_SECONDS = 8.0
SLOWEST_SECONDS = 0.1


@pytest.fixture
def own_redis() -> Iterator[redis_server.RedisServer]:
    """A Redis that this test may stop."""
    binary = redis_server.find_redis()
    if binary is None:
        pytest.fail(redis_server.MEND, pytrace=False)
    server = redis_server.RedisServer(binary)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_postgres() -> Iterator[postgres.PostgresCluster]:
    """A PostgreSQL that this test may stop."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.fail(postgres.MEND, pytrace=False)
    cluster = postgres.PostgresCluster(binaries, durable=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@contextmanager
def redis_stopped(server: redis_server.RedisServer) -> Iterator[None]:
    """Redis is gone, with all that it held."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def sqlite_locked(path: Path) -> Iterator[None]:
    """Another program holds the database for itself."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=20)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def postgres_stopped(cluster: postgres.PostgresCluster) -> Iterator[None]:
    """PostgreSQL is gone."""
    cluster.stop()
    try:
        yield
    finally:
        cluster.start()


@dataclass
class Outage:
    """What one outage did to the visitors."""

    figures: str
    before: float
    meanwhile: float


def _go_through(
    installation: RunningInstallation,
    enter: Callable[[ExitStack], object],
    *,
    seconds: float = OUTAGE_SECONDS,
    meanwhile: Callable[[], None] = lambda: None,
) -> Outage:
    """Take something away under load for a while; check that nothing answered was lost."""
    paths = installation.register(60)
    with Visitors(installation.port, paths) as visitors:
        began = time.monotonic()
        time.sleep(2.0)
        failed = time.monotonic()
        with ExitStack() as stack:
            enter(stack)
            meanwhile()
            time.sleep(max(0.0, failed + seconds - time.monotonic()))
            mended = time.monotonic()
        time.sleep(1.0)
    figures = assert_each_answered_hit_is_one_event(installation, visitors, seconds=45)
    before, during = (visitors.percentile(0.99, *span) for span in ((began, failed), (failed, mended)))
    outage = Outage(f"p99 {before * 1000:.0f} → {during * 1000:.0f} ms; {figures}", before, during)
    print(outage.figures)
    assert during < SLOWEST_SECONDS, outage.figures
    return outage


def test_hits_outlive_redis(prepare: Start, own_redis: redis_server.RedisServer) -> None:
    installation = prepare(REDIS_URL=own_redis.url)
    installation.start()
    _go_through(installation, lambda stack: stack.enter_context(redis_stopped(own_redis)))


def test_hits_outlive_a_locked_database_and_a_web_process_killed_meanwhile(running: RunningInstallation) -> None:
    database = running.data_dir / "mailerplex.sqlite3"
    _go_through(
        running,
        lambda stack: stack.enter_context(sqlite_locked(database)),
        meanwhile=lambda: _kill_meanwhile(running, "web-worker"),
    )


def test_hits_outlive_postgresql_and_redis_gone_at_once(
    prepare: Start, own_redis: redis_server.RedisServer, own_postgres: postgres.PostgresCluster
) -> None:
    url = own_postgres.url(own_postgres.create_database())
    installation = prepare(REDIS_URL=own_redis.url, DATABASE_URL=url, MAILERPLEX_SECRET_KEYS=SECRET_KEYS)
    installation.start()

    def enter(stack: ExitStack) -> None:
        stack.enter_context(redis_stopped(own_redis))
        stack.enter_context(postgres_stopped(own_postgres))

    _go_through(installation, enter, meanwhile=lambda: _kill_meanwhile(installation, "web"))


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_hits_outlive_a_minute_without_redis(prepare: Start, own_redis: redis_server.RedisServer) -> None:
    installation = prepare(REDIS_URL=own_redis.url)
    installation.start()
    _go_through(installation, lambda stack: stack.enter_context(redis_stopped(own_redis)), seconds=60)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_hits_outlive_a_minute_of_a_locked_database(running: RunningInstallation) -> None:
    database = running.data_dir / "mailerplex.sqlite3"
    _go_through(running, lambda stack: stack.enter_context(sqlite_locked(database)), seconds=60)


def test_pages_that_wait_for_a_locked_database_hold_up_no_hit(running: RunningInstallation) -> None:
    token = running.create_token()
    draft = {"subject": "x", "sender": "a@example.com", "recipients": [{"address": "b@example.com"}], "links": []}
    statuses: list[int] = []
    callers = [
        threading.Thread(target=lambda: statuses.append(running.post("/api/v1/messages", draft, token)[0]))
        for _ in range(20)
    ]

    def call() -> None:
        for caller in callers:
            caller.start()

    database = running.data_dir / "mailerplex.sqlite3"
    _go_through(running, lambda stack: stack.enter_context(sqlite_locked(database)), seconds=3.0, meanwhile=call)
    for caller in callers:
        caller.join(30)
    assert set(statuses) == {201, 503}, statuses
    assert statuses.count(503) == 20 - PAGE_THREADS // 2, statuses  # requests with a body get half of the places


def _kill_meanwhile(installation: RunningInstallation, role: str) -> None:
    """Kill a role's process: what starts in its place must come up without what is gone."""
    time.sleep(1.0)
    assert installation.kill(role)
