"""Saying once that something is gone and once that it is back, however often it was asked meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Outage:
    """The state of one thing that may be gone: `event` names it in the log, with `fields`."""

    def __init__(self, event: str, clock: Callable[[], float] = time.monotonic, **fields: Any) -> None:
        self._event = event
        self._fields = fields
        self._clock = clock
        self._since: float | None = None

    def begin(self, error: BaseException) -> None:
        """Note a failure; only the first of a row is logged."""
        if self._since is None:
            self._since = self._clock()
            log.warning(self._event, error=type(error).__name__, **self._fields)

    def end(self) -> None:
        """Note that it works."""
        if self._since is not None:
            seconds = round(self._clock() - self._since, 1)
            self._since = None
            log.warning(f"{self._event}_over", seconds=seconds, **self._fields)
