"""A process tree that keeps itself whole: starts roles, starts again what dies, stops all in order.

No thread, no pipe: children write to this process's own stdout and stderr.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FrameType

from core.running.processes import die_with_parent

POLL_SECONDS = 0.05
STOP_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_STEADY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Role:
    """One process to keep running, started after `delay_seconds`. Of all stages the latest is stopped first."""

    name: str
    command: Sequence[str]
    stage: int
    environment: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0


class _Child:
    """A role's process, and when it may be started again."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._resume_at = time.monotonic() + role.delay_seconds

    def start(self) -> None:
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  (our own commands)
            self.role.command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.role.environment},
            preexec_fn=die_with_parent,
            process_group=0,  # Ctrl-C is this process's to pass on, in order
        )

    def tend(self, say: Callable[[str], None]) -> None:
        """Start it again if it is gone and its pause is over."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._resume_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        if now - self._started_at >= _STEADY_SECONDS:
            self._pause_seconds = _FIRST_PAUSE_SECONDS
        say(f"{self.role.name} ended ({_describe(status)}); starting it again.")
        self.process = None
        self._resume_at = now + self._pause_seconds
        self._pause_seconds = min(self._pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def is_gone(self) -> bool:
        return self.process is None or self.process.poll() is not None


def _describe(status: int) -> str:
    if status < 0:
        return signal.Signals(-status).name
    return f"exit status {status}"


class Supervisor:
    """Runs roles until SIGTERM or SIGINT."""

    def __init__(self, roles: Sequence[Role], say: Callable[[str], None] | None = None) -> None:
        self._children = [_Child(role) for role in roles]
        self._say = say or (lambda text: print(text, file=sys.stderr, flush=True))
        self._is_stopping = False

    def run(self, announce: Callable[[], bool] = lambda: True, watch: Callable[[], object] = lambda: None) -> None:
        """Start all roles and tend them until told to stop, then stop them.

        `announce` is called between looks until it says that it has announced what it waits for; `watch` at each look.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        try:
            is_announced = False
            while not self._is_stopping:
                for child in self._children:
                    child.tend(self._say)
                is_announced = is_announced or announce()
                watch()
                time.sleep(POLL_SECONDS)
        finally:
            self.stop()

    def change_environment(self, values: Mapping[str, str]) -> None:
        """Give all roles that have an environment of ours these values: each is told to end, and is started again."""
        for child in self._children:
            if child.role.environment:
                child.role = replace(child.role, environment={**child.role.environment, **values})
                child.signal(signal.SIGTERM)

    @property
    def is_stopping(self) -> bool:
        """Say whether a signal asked it to stop."""
        return self._is_stopping

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def stop(self) -> None:
        """Stop the roles, the latest stage first; what does not end in time is killed."""
        for stage in sorted({child.role.stage for child in self._children}, reverse=True):
            children = [child for child in self._children if child.role.stage == stage]
            for child in children:
                child.signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline and not all(child.is_gone for child in children):
                time.sleep(POLL_SECONDS / 2)
            for child in children:
                child.signal(signal.SIGKILL)
