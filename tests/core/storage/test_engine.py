"""Tests of `core.storage.engine`: both databases behave as the rest expects."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from core.storage.engine import Sessions, open_engine
from core.storage.models import InstallationFact, Message, User

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 1), ("secure_delete", 2)])
def test_sqlite_is_set_up_for_writers_and_for_erasure(engine: Engine, pragma: str, value: object) -> None:
    with engine.connect() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_foreign_keys_are_enforced(sessions: Sessions) -> None:
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.execute(text("INSERT INTO links VALUES ('missing', 1, 'https://example.com', 0)"))


def test_deleting_a_workspace_takes_what_belongs_to_it(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        session.execute(text("DELETE FROM workspaces"))
    with sessions() as session:
        assert session.get(User, owner.id) is None
        assert session.query(Message).count() == 0


def test_writers_that_read_first_wait_for_each_other(sessions: Sessions) -> None:
    """Under a deferred BEGIN, SQLite would fail one of them at once."""
    with sessions.begin() as session:
        session.add(InstallationFact(name="counter", value="0"))
    failures: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(20):
                with sessions.begin() as session:
                    fact = session.get(InstallationFact, "counter", with_for_update=True)
                    assert fact is not None
                    fact.value = str(int(fact.value) + 1)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with sessions() as session:
        assert session.get_one(InstallationFact, "counter").value == "80"


def test_a_reader_does_not_wait_for_a_writer(sessions: Sessions, reading_sessions: Sessions) -> None:
    with sessions.begin() as writer:
        writer.add(InstallationFact(name="draft", value="1"))
        writer.flush()
        with reading_sessions() as reader:
            assert reader.get(InstallationFact, "draft") is None


def test_opening_an_engine_connects_to_nothing(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path / 'later.sqlite3'}")
    open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert list(tmp_path.iterdir()) == []


def test_sqlites_files_are_their_owners_alone_also_in_an_open_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    engine = open_engine(f"sqlite:///{tmp_path / 'data.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    engine.dispose()
    assert set(modes) >= {"data.sqlite3", "data.sqlite3-wal"}
    assert set(modes.values()) == {0o600}
