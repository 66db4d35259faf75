"""Work done after the answer, in one thread of this process: best effort, for what a person can ask for again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Full, Queue
from typing import Final

import structlog

_MOST_WAITING: Final = 100

_log = structlog.get_logger("mailerplex.web")


class Later:
    """Does one thing after the other. What is too much is dropped; what fails is logged."""

    def __init__(self) -> None:
        self._waiting: Queue[Callable[[], None]] = Queue(_MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def __call__(self, work: Callable[[], None]) -> None:
        """Have something done soon."""
        try:
            self._waiting.put_nowait(work)
        except Full:
            _log.warning("work_dropped", waiting=_MOST_WAITING)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="later", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            work = self._waiting.get()
            try:
                work()
            except Exception as error:  # the next one must be done all the same
                # Without its text, which may name an address.
                _log.error("work_failed", error=type(error).__name__)
            finally:
                self._waiting.task_done()

    def wait(self) -> None:
        """Return once all that was asked for is done. For tests."""
        self._waiting.join()
