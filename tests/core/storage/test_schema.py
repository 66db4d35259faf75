"""Tests of `core.storage.schema`: migrations up, down and up again, and what cannot be used said in one line."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from core.errors import SettingsError, StorageError
from core.storage import schema
from core.storage.engine import open_engine


def tables(engine: Engine) -> set[str]:
    """Name the tables that exist."""
    return set(inspect(engine).get_table_names())


def test_migrations_go_up_and_down_and_up_again(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    with pytest.raises(StorageError, match="db upgrade"):
        schema.check(engine)
    schema.upgrade(engine)
    schema.check(engine)
    first = tables(engine)
    assert {"messages", "events", "alerts"} <= first
    schema.downgrade(engine)
    assert tables(engine) <= {"alembic_version"}
    schema.upgrade(engine)
    assert tables(engine) == first
    schema.upgrade(engine)
    engine.dispose()


def test_the_migrated_database_is_what_the_models_say(engine: Engine) -> None:
    assert schema.find_differences(engine) == []


def test_the_file_names_of_migrations_say_their_revisions_in_order() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert schema.known_revisions() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert schema.head_revision() == scripts.get_current_head()


def test_a_database_that_lacks_a_column_is_seen_to_differ(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE users DROP COLUMN timezone"))
    assert len(schema.find_differences(engine)) == 1


def test_processes_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    engines = [open_engine(empty_database_url) for _ in range(3)]
    failures: list[Exception] = []

    def upgrade(engine: Engine) -> None:
        try:
            schema.upgrade(engine)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=upgrade, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    schema.check(engines[0])
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("use", [schema.upgrade, schema.check])
def test_a_newer_schema_is_refused_in_one_line_and_left_alone(engine: Engine, use: object) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert callable(use)
    with pytest.raises(StorageError, match=r"\(9999\) is newer than this code") as raised:
        use(engine)
    assert "\n" not in str(raised.value)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ann:hunter2@127.0.0.1:1/mail",
        "postgresql+psycopg://ann@127.0.0.1:1/mail?password=hunter2",
        "postgresql+psycopg://ann:hunter2@no-such-host.invalid/mail",
    ],
)
def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(url: str) -> None:
    with pytest.raises(StorageError, match=r"Cannot use the database .* \(DATABASE_URL\)") as raised:
        schema.upgrade(open_engine(url))
    assert "\n" not in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear database, " * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        schema.upgrade(open_engine(f"sqlite:///{path}"))


def test_a_folder_in_the_place_of_the_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="unable to open database file"):
        schema.upgrade(open_engine(f"sqlite:///{tmp_path}"))


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write the folder"):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'data' / 'x.sqlite3'}")


@pytest.mark.parametrize("url", ["nonsense", "mysql+nodriver://x/y", "postgresql+psycopg://h:port/x", "sqlite://"])
def test_what_is_no_database_url_is_a_setting_to_mend(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        open_engine(url)
