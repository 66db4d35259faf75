"""How many requests a token may make: counted in Redis for all processes, and by each process while Redis is away."""

from __future__ import annotations

import math
import time
from typing import Final

import redis
import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

_log = structlog.get_logger("mailerplex.api")

_TIMEOUT_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 15.0
"""For so long Redis is not asked again after it did not answer, so that its absence slows one request only."""


class RateLimiter:
    """Counts requests by key in windows of a minute."""

    def __init__(self, redis_url: str | None, requests_per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(requests_per_minute, namespace="mailerplex")
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared = None if redis_url is None else FixedWindowRateLimiter(_open(redis_url))
        self._paused_until = 0.0

    def hit(self, key: str) -> int | None:
        """Count a request; return None if it may go on, else after how many whole seconds to come again."""
        if self._shared is not None and time.monotonic() >= self._paused_until:
            try:
                return self._count(self._shared, key)
            except redis.RedisError as error:
                self._paused_until = time.monotonic() + _PAUSE_SECONDS
                _log.warning("rate limits are counted by each process: Redis is away", error=type(error).__name__)
        return self._count(self._local, key)

    def _count(self, limiter: FixedWindowRateLimiter, key: str) -> int | None:
        if limiter.hit(self._item, key):
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
