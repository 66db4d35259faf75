"""How often something may be done: counted in Redis for all processes, and by each process while Redis is away."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

import redis
import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

_log = structlog.get_logger("mailerplex.api")

_TIMEOUT_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 15.0
"""For so long Redis is not asked again after it did not answer, so that its absence slows one request only."""

_Question = Callable[[FixedWindowRateLimiter, RateLimitItem, str], bool]


class RateLimiter:
    """Counts by key in windows of some minutes. `name` keeps what different limiters count apart."""

    def __init__(self, redis_url: str | None, most: int, *, minutes: int = 1, name: str = "mailerplex") -> None:
        self._item = RateLimitItemPerMinute(most, minutes, namespace=name)
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared = None if redis_url is None else FixedWindowRateLimiter(_open(redis_url))
        self._paused_until = 0.0

    def hit(self, key: str) -> int | None:
        """Count a request; return None if it may go on, else after how many whole seconds to come again."""
        return self._ask(FixedWindowRateLimiter.hit, key)

    def look(self, key: str) -> int | None:
        """Say the same of a further request, without counting one."""
        return self._ask(FixedWindowRateLimiter.test, key)

    def _ask(self, question: _Question, key: str) -> int | None:
        if self._shared is not None and time.monotonic() >= self._paused_until:
            try:
                return self._answer(self._shared, question, key)
            except redis.RedisError as error:
                self._paused_until = time.monotonic() + _PAUSE_SECONDS
                _log.warning("rate limits are counted by each process: Redis is away", error=type(error).__name__)
        return self._answer(self._local, question, key)

    def _answer(self, limiter: FixedWindowRateLimiter, question: _Question, key: str) -> int | None:
        if question(limiter, self._item, key):
            return None
        reset_at = limiter.get_window_stats(self._item, key).reset_time
        return max(1, math.ceil(reset_at - time.time()))


def _open(redis_url: str) -> Storage:
    pool = redis.ConnectionPool.from_url(
        redis_url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),  # the library's own default waits for seconds
    )
    # The URL names the kind of storage alone; the pool decides where to connect.
    return RedisStorage("redis://", connection_pool=pool)
