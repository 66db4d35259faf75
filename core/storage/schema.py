"""The database's schema: bring it up to date, compare it with this code, take it back. Alembic does the work.

Alembic is imported where something changes; a check, which every command makes first, does without, for speed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StorageError
from core.storage.engine import BUSY_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"
_MIGRATING_SECONDS = 600
_LOCK = 0x4D41494C  # the advisory lock under which one of several starting processes migrates


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema up to this code's. Raises StorageError if it is newer, or the database cannot be reached."""
    from alembic import command

    with _connected(engine, wait_seconds=_MIGRATING_SECONDS) as connection:
        _check_not_newer(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if current_revision(connection) != head_revision():
            command.upgrade(_config(connection), "head")


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`. Loses what newer tables and columns held."""
    from alembic import command

    with _connected(engine) as connection:
        command.downgrade(_config(connection), revision)


def check(engine: Engine) -> None:
    """Raise StorageError, saying what to do, unless the schema is this code's."""
    with _connected(engine) as connection:
        current = _check_not_newer(connection)
        if current is None:
            raise StorageError("The database has no tables yet: run `mailerplex db upgrade`.")
        if current != head_revision():
            raise StorageError("The database's schema is older than this code: run `mailerplex db upgrade`.")


def find_differences(engine: Engine) -> list[Any]:
    """List how the models differ from the migrated database; empty where a migration is complete."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from core.storage.models import Base

    with _connected(engine) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def known_revisions() -> list[str]:
    """List the revisions that this code knows, oldest first: how the file names of the migrations begin."""
    return sorted(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def head_revision() -> str:
    """Return the newest revision that this code knows."""
    return known_revisions()[-1]


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at; None for an empty one."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608
    return revision


def _check_not_newer(connection: Connection) -> str | None:
    current = current_revision(connection)
    if current is not None and current not in known_revisions():
        raise StorageError(
            f"The database's schema ({current}) is newer than this code knows:"
            " run the version that made it, or a newer one."
        )
    return current


@contextmanager
def _connected(engine: Engine, *, wait_seconds: int = BUSY_TIMEOUT_SECONDS) -> Iterator[Connection]:
    """Open a transaction on the engine; what the driver says becomes one clear line.

    SQLite waits so long for another process, which may be at the migration of years of mail.
    """
    try:
        with engine.connect() as connection:
            _wait(connection, wait_seconds)
            with connection.begin():
                yield connection
            _wait(connection, BUSY_TIMEOUT_SECONDS)
    except SQLAlchemyError as error:
        raise StorageError(explain(engine, error)) from error


def _wait(connection: Connection, seconds: int) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection  # before the transaction that SQLAlchemy would begin
        driver.execute(f"PRAGMA busy_timeout={seconds * 1000}")


def explain(engine: Engine, error: SQLAlchemyError) -> str:
    """Say in one line that the database cannot be used and why, without its password."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    # Without its query, which may hold a password as well.
    shown = engine.url.set(query={}).render_as_string(hide_password=True)
    return f"Cannot use the database {shown}: {reason} (DATABASE_URL)."
