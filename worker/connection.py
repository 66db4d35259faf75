"""Connections to Redis, with errors in our own terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.errors import SettingsError, UnavailableError


def connect(url: str) -> redis.Redis:
    """Make a client; connects to nothing yet. Raises SettingsError for a URL that is none."""
    try:
        client: redis.Redis = redis.Redis.from_url(
            url, socket_connect_timeout=2, socket_timeout=10, retry=Retry(NoBackoff(), 1)
        )
    except ValueError as error:
        raise SettingsError(f"REDIS_URL: {error}.") from error
    return client


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the client raises into UnavailableError."""
    try:
        yield
    except redis.RedisError as error:
        raise UnavailableError(f"Redis does not answer ({type(error).__name__}).") from error
