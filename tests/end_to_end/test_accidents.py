"""Redis loses all it holds, a worker dies inside a batch, the spool's disk is full: what is kept, and what is said."""

from __future__ import annotations

import resource
import sqlite3
import time
from contextlib import closing

import psutil
import redis

from tests.support.children import wait_until
from tests.support.installation import RunningInstallation
from tests.support.survival import assert_each_answered_hit_is_one_event
from tests.support.visitors import Visitors


def test_nothing_is_missing_when_redis_loses_its_data_again_and_again(shared: RunningInstallation) -> None:
    paths = shared.register(30)
    with (
        redis.Redis(unix_socket_path=str(shared.runtime_folder / "redis.sock")) as client,
        Visitors(shared.port, paths, label="flushed") as visitors,
    ):
        for _ in range(30):
            client.flushall()
            time.sleep(0.15)
    print(assert_each_answered_hit_is_one_event(shared, visitors))
    wait_until(lambda: shared.readiness()["parts"]["worker_hits"]["workers"] == 1, "the worker is counted", seconds=30)


def test_a_worker_killed_inside_a_batch_is_made_good_within_thirty_seconds(shared: RunningInstallation) -> None:
    paths = shared.register(30)
    database = shared.data_dir / "mailerplex.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")  # so that the worker waits inside its batch
        with Visitors(shared.port, paths, label="torn") as visitors:
            time.sleep(2.0)
        worker = shared.find("worker")
        assert worker is not None
        worker.kill()
        other.execute("ROLLBACK")
    killed = time.monotonic()
    print(assert_each_answered_hit_is_one_event(shared, visitors, seconds=30))
    assert time.monotonic() - killed < 30


def test_a_full_disk_costs_hits_but_no_answers_and_every_loss_is_counted(shared: RunningInstallation) -> None:
    paths = shared.register(10)
    server = shared.find("web-worker")
    assert server is not None
    with Visitors(shared.port, paths, label="kept") as before:
        time.sleep(1.0)
    _limit_files(server, 2048)
    with Visitors(shared.port, paths, label="squeezed") as meanwhile:
        wait_until(lambda: _lost(shared) >= 20, "losses are said")
    lost = _lost(shared)
    _limit_files(server, resource.RLIM_INFINITY)
    with Visitors(shared.port, paths, label="after") as after:
        time.sleep(1.0)
    for visitors in (before, after):
        assert_each_answered_hit_is_one_event(shared, visitors)
    assert not meanwhile.wrong
    assert meanwhile.unanswered == 0
    kept = {answer.mark for answer in meanwhile.answers} & set(shared.count_by_marker())
    print(f"{len(meanwhile.answers)} answered, {len(kept)} kept, {lost} counted as lost")
    assert len(meanwhile.answers) - len(kept) == lost
    spool = shared.readiness()["parts"]["spool"]
    assert spool["status"] == "warn"
    assert str(lost) in spool["detail"]


def _limit_files(process: psutil.Process, size: int) -> None:
    """Let no file of a process grow beyond a size, as a full disk would: writes fall short, then fail."""
    process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _lost(installation: RunningInstallation) -> int:
    return int(installation.readiness()["parts"]["spool"]["lost_hits"])
