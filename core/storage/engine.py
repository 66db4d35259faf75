"""Engines and sessions for SQLite and PostgreSQL, set up so that both behave as the rest expects.

SQLite: WAL, `synchronous=NORMAL`, `secure_delete`, the file mapped into memory, foreign keys, and every transaction
that may write begins IMMEDIATE (one that reads first and writes later fails at once under contention).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from core.errors import SettingsError, StorageError

Sessions = sessionmaker[Session]

BUSY_TIMEOUT_SECONDS = 15
_READ_ONLY = "mailerplex_read_only"


def open_engine(database_url: str, *, pool_size: int = 5) -> Engine:
    """Open an engine; connects to nothing yet. Raises SettingsError for a URL that is none."""
    try:
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            return _open_sqlite(database_url, url.database)
        return create_engine(
            url,
            pool_size=pool_size,
            max_overflow=5,
            pool_pre_ping=True,
            hide_parameters=True,  # an error in a log must not show addresses
            connect_args={"connect_timeout": 5},
        )
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise SettingsError("DATABASE_URL: not a database URL such as postgresql://user:secret@host/name.") from error


def _open_sqlite(database_url: str, path: str | None) -> Engine:
    if not path or path == ":memory:":
        raise SettingsError("DATABASE_URL: SQLite needs a file, such as sqlite:////var/lib/mailerplex/data.sqlite3.")
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"Cannot write the folder {Path(path).parent}: {error.strerror}."
            " Choose another with MAILERPLEX_DATA_DIR or DATABASE_URL."
        ) from error
    engine = create_engine(
        database_url,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "do_connect", lambda *_: _create_private(path))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(path: str) -> None:
    """Make the file for its owner alone; SQLite gives those beside it the same mode, and says what goes wrong."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own implicit BEGIN is a deferred one
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=FAST",  # what it leaves on free pages, an erasure's VACUUM takes (core.privacy.scrubbing)
        "cache_size=-4000",
        "wal_autocheckpoint=8000",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def open_sessions(engine: Engine) -> Sessions:
    """Make the factory of sessions that may write: `with sessions.begin() as session:`."""
    return sessionmaker(engine, expire_on_commit=False)


def open_reading_sessions(engine: Engine) -> Sessions:
    """Make the factory of sessions that only read, which never wait for a writer."""
    return sessionmaker(engine.execution_options(**{_READ_ONLY: True}), expire_on_commit=False)
