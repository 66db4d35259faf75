"""The process tree keeps itself whole, stops in order, and leaves nobody behind. With real processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.children import start_child, wait_until

# A role that notes when it starts and when it is told to stop.
ROLE = """
import os, signal, sys, time
name, log = sys.argv[1:3]
def note(what):
    with open(log, "a") as stream:
        stream.write(f"{what} {name} {os.getpid()}\\n")
def stop(*_):
    note("stop")
    if "--deaf" not in sys.argv:
        sys.exit(0)
signal.signal(signal.SIGTERM, stop)
note("start")
while True:
    time.sleep(0.02)
"""
TREE = """
import sys
from core.running import supervisor
from core.running.supervisor import Role, Supervisor
supervisor.STOP_SECONDS = 1.0
log = sys.argv[1]
def role(name, stage, *words):
    return Role(name, [sys.executable, "-c", ROLE, name, log, *words], stage)
Supervisor([role("redis", 0), role("worker", 1), role("web", 2, *sys.argv[2:])]).run()
"""


class Tree:
    """A supervisor in a process of its own, and what its roles noted."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.notes = folder / "notes"
        self.log = folder / "log"
        program = f"ROLE = {ROLE!r}\n{TREE}"
        self.process = start_child(
            [sys.executable, "-c", program, self.notes, *words],
            log=self.log,
            environment={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        wait_until(lambda: len(self.noted("start")) == 3, "all roles started")

    def noted(self, what: str) -> list[tuple[str, int]]:
        """List who noted this, in order, with their process ids."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        words = [line.split() for line in lines]
        return [(name, int(pid)) for kind, name, pid in words if kind == what]

    @property
    def living(self) -> list[int]:
        """List the roles' processes that live."""
        return [pid for _, pid in self.noted("start") if _lives(pid)]

    def remove(self) -> None:
        """End all of it."""
        for pid in [self.process.pid, *self.living]:
            if _lives(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(5)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """Three roles under a supervisor."""
    tree = Tree(tmp_path)
    yield tree
    tree.remove()


def test_a_role_that_dies_is_started_again_and_said(tree: Tree) -> None:
    name, pid = next(note for note in tree.noted("start") if note[0] == "worker")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(tree.noted("start")) == 4, "it is started again")
    assert tree.noted("start")[-1][0] == name
    wait_until(lambda: "worker ended (SIGKILL); starting it again." in tree.log.read_text(), "it is said")
    assert len(tree.living) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_roles_stop_in_order_the_web_first_and_redis_last(tree: Tree, number: signal.Signals) -> None:
    tree.process.send_signal(number)
    assert tree.process.wait(10) == 0
    assert [name for name, _ in tree.noted("stop")] == ["web", "worker", "redis"]
    assert tree.living == []


def test_a_role_that_will_not_stop_is_killed_in_time(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "--deaf")
    try:
        tree.process.terminate()
        assert tree.process.wait(10) == 0
        assert tree.living == []
        assert [name for name, _ in tree.noted("stop")] == ["web", "worker", "redis"]
    finally:
        tree.remove()


def test_roles_end_when_the_supervisor_is_killed(tree: Tree) -> None:
    assert len(tree.living) == 3
    tree.process.kill()
    tree.process.wait(5)
    wait_until(lambda: tree.living == [], "no orphan is left")


def test_ctrl_c_reaches_the_roles_only_through_the_supervisor(tree: Tree) -> None:
    groups = {os.getpgid(pid) for pid in tree.living}
    assert os.getpgid(tree.process.pid) not in groups
    assert len(groups) == 3
