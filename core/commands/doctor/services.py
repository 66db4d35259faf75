"""Checks of what others run: the database and Redis."""

from __future__ import annotations

from collections.abc import Iterator

from core.commands.doctor.finding import Finding, fail, ok, warn
from core.errors import MailerPlexError
from core.settings import Settings

_TIMEOUT_SECONDS = 5


def check_database(settings: Settings) -> Iterator[Finding]:
    """Check that the database answers and its schema is this version's."""
    from core.storage import schema
    from core.storage.engine import open_engine

    if settings.has_default_database and not (settings.data_dir / "mailerplex.sqlite3").exists():
        yield warn("database", "not there yet: it is made at the first start, `make run` or `mailerplex up`")
        return
    try:
        engine = open_engine(settings.database_url)
        schema.check(engine)
    except MailerPlexError as error:
        yield fail("database", str(error))
        return
    kind = "SQLite" if engine.dialect.name == "sqlite" else "PostgreSQL"
    engine.dispose()
    yield ok("database", f"{kind}, schema {schema.head_revision()}")


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Check that Redis answers. The embedded one runs only while the installation does."""
    import redis

    from core.running.redis_server import find_redis_server, redis_url

    try:
        with redis.Redis.from_url(
            redis_url(settings), socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        ) as client:
            version = client.info("server")["redis_version"]
    except (redis.RedisError, OSError, ValueError) as error:
        if settings.redis_url is not None:
            yield fail("redis", f"does not answer: {error} (REDIS_URL); hits wait in the spool meanwhile")
            return
        try:
            yield warn("redis", f"not running: `mailerplex up` starts {find_redis_server()}")
        except MailerPlexError as missing:
            yield fail("redis", str(missing))
        return
    yield ok("redis", f"version {version}")
