"""Makes SQLite's files forget what was deleted: `secure_delete` overwrites the pages, this empties the log beside them.

PostgreSQL's files are another matter: vacuum, WAL and backups, as the operations page says.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.storage.accounts import InstallationFact
from core.storage.engine import Sessions

_FACT: Final = "scrub_requested_at"


def request_scrub(session: Session, now: datetime) -> None:
    """Note, with an erasure, that the files are to be scrubbed: should this process die, the scheduler does it."""
    session.merge(InstallationFact(name=_FACT, value=now.isoformat()))


def scrub_sqlite(engine: Engine) -> bool:
    """Write SQLite's log back and cut it to nothing; return whether it worked, which a reader may prevent.

    True without doing anything for other databases.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        cursor.close()
    finally:
        connection.close()
    return row is not None and row[0] == 0  # busy, pages in the log, pages written back


def finish_erasures(engine: Engine, sessions: Sessions, reading_sessions: Sessions) -> bool:
    """Scrub if an erasure asks for it; return whether nothing is left to do. For right after one, and each tick."""
    with reading_sessions() as session:
        requested = session.get(InstallationFact, _FACT)
    if requested is None:
        return True
    if not scrub_sqlite(engine):
        return False
    with sessions.begin() as session:
        fact = session.get(InstallationFact, _FACT)
        if fact is not None and fact.value == requested.value:
            session.delete(fact)
    return True
