"""The database's schema: bring it up to date, compare it with this code, take it back. Alembic does the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StorageError

_LOCK = 0x4D41494C  # the advisory lock under which one of several starting processes migrates


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema up to this code's. Raises StorageError if it is newer, or the database cannot be reached."""
    with _connected(engine) as connection:
        _check_not_newer(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if current_revision(connection) != head_revision():
            command.upgrade(_config(connection), "head")


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`. Loses what newer tables and columns held."""
    with _connected(engine) as connection:
        command.downgrade(_config(connection), revision)


def check(engine: Engine) -> None:
    """Raise StorageError, saying what to do, unless the schema is this code's."""
    with _connected(engine) as connection:
        _check_not_newer(connection)
        if current_revision(connection) != head_revision():
            raise StorageError("The database's schema is older than this code: run `mailerplex db upgrade`.")


def find_differences(engine: Engine) -> list[Any]:
    """List how the models differ from the migrated database; empty where a migration is complete."""
    from alembic.autogenerate import compare_metadata

    from core.storage.models import Base

    with _connected(engine) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def head_revision() -> str | None:
    """Return the newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _check_not_newer(connection: Connection) -> None:
    current = current_revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise StorageError(
            f"The database's schema ({current}) is newer than this code knows:"
            " run the version that made it, or a newer one."
        )


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """Open a transaction on the engine; what the driver says becomes one clear line."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StorageError(explain(engine, error)) from error


def explain(engine: Engine, error: SQLAlchemyError) -> str:
    """Say in one line that the database cannot be used and why, without its password."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    # Without its query, which may hold a password as well.
    shown = engine.url.set(query={}).render_as_string(hide_password=True)
    return f"Cannot use the database {shown}: {reason} (DATABASE_URL)."
