"""`up` ends when told to and leaves nothing behind; it refuses to start twice; nothing outlives it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Start
from tests.support.children import wait_until
from tests.support.installation import RunningInstallation
from tests.support.ports import free_port


def test_a_signal_ends_all_processes_and_a_second_start_finds_the_data(prepare: Start) -> None:
    installation = prepare()
    installation.start()
    pixel = installation.register(1)[0]
    installation.get(pixel, {"User-Agent": "first"})
    began = time.monotonic()
    assert installation.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 12
    assert not installation.runtime_folder.exists() or not any(installation.runtime_folder.glob("*.sock"))
    installation.start()
    installation.get(pixel, {"User-Agent": "second"})
    marks = {"first", "second"}
    wait_until(lambda: marks <= set(installation.count_by_marker()), "both hits are events")
    assert installation.stop(signal.SIGTERM) == 0
    assert "Traceback" not in installation.read_log()


def test_nothing_outlives_an_installation_that_is_killed(prepare: Start) -> None:
    installation = prepare()
    installation.start()
    roles = ("web", "web-worker", "redis", "shipper", "worker", "alerts", "scheduler")
    assert all(installation.find(role) for role in roles)
    assert installation.process is not None
    pixel = installation.register(1)[0]
    installation.get(pixel, {"User-Agent": "before"})
    installation.process.kill()
    installation.process.wait(5)
    wait_until(lambda: not installation.survivors(), "all its children ended", seconds=12)
    installation.start()
    wait_until(lambda: installation.count_by_marker()["before"] == 1, "the hit is an event", seconds=30)


def test_stopping_does_not_wait_for_a_redis_that_is_gone(prepare: Start) -> None:
    installation = prepare(REDIS_URL="unix:///nonexistent/redis.sock")
    installation.launch()
    wait_until(lambda: "is running" in installation.read_log(), "it runs without Redis", seconds=20)
    time.sleep(2.0)  # so that the workers have begun to look for Redis
    began = time.monotonic()
    assert installation.stop() == 0
    assert time.monotonic() - began < 8


def test_a_second_start_on_the_same_folder_or_port_is_refused_in_one_line(shared: RunningInstallation) -> None:
    for words, expected in (
        (("up", "--port", str(free_port())), "is running already with the data folder"),
        (("up", "--port", str(shared.port)), f"Port {shared.port} on 127.0.0.1 is in use"),
    ):
        done = shared.command(*words)
        assert done.returncode == 1
        assert expected in done.stderr.decode()
        assert len(done.stderr.decode().strip().splitlines()) == 1, done.stderr
        assert done.stdout == b""
    assert shared.get("/healthz")[0] == 200


@pytest.mark.parametrize("word", ["shipper", "worker", "scheduler"])
def test_a_role_ends_when_told_to(shared: RunningInstallation, word: str) -> None:
    """A second one beside that of `up`, as on another host."""
    installation = RunningInstallation(shared.log.parent)
    installation.launch(word)
    assert installation.process is not None
    pid = installation.process.pid
    wait_until(lambda: _catches(pid, signal.SIGTERM), f"{word} at work; see {installation.log}", seconds=30)
    began = time.monotonic()
    installation.process.terminate()
    assert installation.process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert shared.find(word) is not None


def _catches(pid: int, number: signal.Signals) -> bool:
    """Say whether a process has a handler of its own for a signal (proc_pid_status(5), SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
