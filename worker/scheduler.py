"""The scheduler: a tick each second that finds in SQL what is due. Of several, one at a time ticks.

What it does is safe to do twice; the lock in Redis only spares work.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis
import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.errors import UnavailableError
from core.hits.outages import Outage
from worker.connection import translated

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
_LOCK_KEY = "mailerplex:scheduler"
_LOCK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do again and again: `run` must be quick and safe to repeat."""

    name: str
    every_seconds: float
    run: Callable[[], None]


class LeaderLock:
    """The right to tick, held in Redis for some seconds at a time."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._name = secrets.token_hex(8).encode()

    def hold(self) -> bool:
        """Take or renew it; say whether it is held. Raises UnavailableError."""
        with translated():
            if self._connection.set(_LOCK_KEY, self._name, nx=True, ex=_LOCK_SECONDS):
                return True
            if self._connection.get(_LOCK_KEY) != self._name:
                return False
            self._connection.expire(_LOCK_KEY, _LOCK_SECONDS)
            return True

    def release(self) -> None:
        """Give it up, so that another need not wait. Raises UnavailableError."""
        with translated():
            if self._connection.get(_LOCK_KEY) == self._name:
                self._connection.delete(_LOCK_KEY)


class Scheduler:
    """Runs tasks when they are due, for as long as it leads."""

    def __init__(self, lock: LeaderLock, tasks: Sequence[Task], clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = lock
        self._tasks = tasks
        self._clock = clock
        self._outage = Outage("queue_unavailable", clock, role="scheduler")
        self._next = dict.fromkeys((task.name for task in tasks), 0.0)

    def tick(self) -> None:
        """Run what is due now; one task's failure is said and holds up no other."""
        try:
            leads = self._lock.hold()
        except UnavailableError as error:
            self._outage.begin(error)
            return
        self._outage.end()
        if not leads:
            return
        for task in self._tasks:
            if self._clock() >= self._next[task.name]:
                self._next[task.name] = self._clock() + task.every_seconds
                self._run(task)

    @staticmethod
    def _run(task: Task) -> None:
        try:
            task.run()
        except (SQLAlchemyError, UnavailableError) as error:
            log.warning("task_failed", task=task.name, error=type(error).__name__)

    def run(self, stop: threading.Event) -> None:
        """Tick each second until told to stop."""
        while not stop.wait(TICK_SECONDS):
            self.tick()
        try:
            self._lock.release()
        except UnavailableError as error:
            log.info("lock_not_released", error=str(error))
