"""Makes SQLite's files forget what was deleted.

`secure_delete` overwrites what is deleted, and emptying the log beside the file takes away its older pages. That is not
all: when SQLite moves rows between pages it leaves their bytes in the unused middle of the old page, where a later
delete does not reach them. Only rewriting the file does, so that follows each erasure, once for all that came together.

PostgreSQL's files are another matter: vacuum, WAL and backups, as the operations page says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.storage.accounts import InstallationFact
from core.storage.engine import BUSY_TIMEOUT_SECONDS, Sessions

_log = structlog.get_logger("mailerplex.privacy")

_FACT: Final = "scrub_requested_at"
_PATIENCE_SECONDS: Final = 1
"""So long a request waits for readers of the log to finish."""


def request_scrub(session: Session, now: datetime) -> None:
    """Note, with an erasure, that the files are to be rewritten; the scheduler does it if nobody else."""
    session.merge(InstallationFact(name=_FACT, value=now.isoformat()))


def scrub_sqlite(engine: Engine) -> bool:
    """Write SQLite's log back and cut it to nothing, quickly; return whether it worked, which a reader may prevent.

    For right after an erasure; `finish_erasures` does the rest. True without doing anything for other databases.
    """
    if engine.dialect.name != "sqlite":
        return True
    with _connect(engine) as connection:
        return _truncate_log(connection)


def finish_erasures(engine: Engine, sessions: Sessions, reading_sessions: Sessions) -> bool:
    """Rewrite SQLite's file if an erasure asks for it; return whether nothing is left to do. For the scheduler's tick.

    Readers go on meanwhile; writers wait, about a second for each 100 MB. Needs as much free disk as the file has.
    """
    with reading_sessions() as session:
        requested = session.get(InstallationFact, _FACT)
    if requested is None:
        return True
    if not _rewrite(engine):
        return False
    with sessions.begin() as session:
        fact = session.get(InstallationFact, _FACT)
        if fact is not None and fact.value == requested.value:
            session.delete(fact)
    return True


def _rewrite(engine: Engine) -> bool:
    if engine.dialect.name != "sqlite":
        return True
    try:
        with _connect(engine) as connection:
            connection.execute("VACUUM")
            return _truncate_log(connection)
    except sqlite3.OperationalError as error:  # busy, or no space: tried again later
        _log.warning("the database file is not rewritten yet after an erasure", reason=str(error))
        return False


@contextmanager
def _connect(engine: Engine) -> Iterator[sqlite3.Connection]:
    """Lend a connection without a transaction, which neither VACUUM nor a checkpoint may be in."""
    lent = engine.raw_connection()
    connection: Any = lent.driver_connection
    try:
        yield connection
    finally:
        lent.close()


def _truncate_log(connection: sqlite3.Connection) -> bool:
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_SECONDS * 1000}")
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")
    return not busy
