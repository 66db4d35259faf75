"""Fixtures of the whole suite: real databases and Redis, settings, keys, and an owner of data.

Whatever uses `database_url` (so `engine`, `sessions`, `settings`, `owner`) runs against SQLite and PostgreSQL. A test
of one of them alone says `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine

from core.keys import KeyRing, load_keys
from core.settings import Settings
from core.storage import schema
from core.storage.engine import Sessions, open_engine, open_reading_sessions, open_sessions
from core.storage.models import Base, User, Workspace
from core.tokens import TokenSigner
from tests.support import postgres, redis_server

# Shared and slow machines make a deadline for one example a matter of luck.
hypothesis.settings.register_profile("suite", deadline=None, max_examples=100, print_blob=True)
hypothesis.settings.load_profile("suite")

SECRET_KEYS = "dGVzdC1rZXktb25lLXRlc3Qta2V5LW9uZS10ZXN0LWs,dGVzdC1rZXktdHdvLXRlc3Qta2V5LXR3by10ZXN0LWs"


def pytest_configure() -> None:
    """Hear Ctrl-C also where the suite was started in the background, which ignores it, for children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_environment() -> None:
    """Keep the settings of whoever runs the tests out of them."""
    ours = ("MAILERPLEX_", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "GEOIP_", "MAXMIND_", "GOOGLE_", "MICROSOFT_")
    for name in [name for name in os.environ if name.startswith(ours) or name == "PORT"]:
        del os.environ[name]


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.PostgresCluster]:
    """A running PostgreSQL, shared by the session: never stop it; a test that must makes its own."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.fail(postgres.MEND, pytrace=False)
    cluster = postgres.PostgresCluster(binaries)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def postgres_databases(postgres_cluster: postgres.PostgresCluster) -> PostgresDatabases:
    """The migrated databases of the session."""
    return PostgresDatabases(postgres_cluster)


class PostgresDatabases:
    """Lends migrated databases without a row. Cleaning one up is many times quicker than copying the template."""

    def __init__(self, cluster: postgres.PostgresCluster) -> None:
        self.cluster = cluster
        self._template = cluster.create_database()
        _migrate(cluster.url(self._template))
        self._fingerprint = cluster.fingerprint(self._template)
        self._tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
        self._spare: list[str] = []

    def lend(self) -> str:
        """Name a database for one test."""
        return self._spare.pop() if self._spare else self.cluster.create_database(template=self._template)

    def take_back(self, name: str) -> None:
        """Empty it for the next test, or drop it where its tables were changed."""
        if self.cluster.empty_database(name, self._tables, self._fingerprint):
            self._spare.append(name)
        else:
            self.cluster.drop_database(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name a migrated, empty SQLite file to be copied."""
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(database_url: str) -> None:
    engine = open_engine(database_url)
    schema.upgrade(engine)
    engine.dispose()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[str]:
    """The URL of a migrated database without a row, of each kind."""
    if request.param == "sqlite":
        path = data_dir / "mailerplex.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    name = databases.lend()
    yield databases.cluster.url(name)
    databases.take_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[str]:
    """The URL of a database without a table, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{data_dir / 'mailerplex.sqlite3'}"
        return
    cluster: postgres.PostgresCluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create_database()
    yield cluster.url(name)
    cluster.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a migrated database without a row."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """The factory of sessions that may write."""
    return open_sessions(engine)


@pytest.fixture
def reading_sessions(engine: Engine) -> Sessions:
    """The factory of sessions that only read."""
    return open_reading_sessions(engine)


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """Settings of an installation of its own, with fixed keys; take `dataclasses.replace` for others."""
    return Settings(data_dir=data_dir, database_url=database_url, secret_keys=SECRET_KEYS)


@pytest.fixture
def ring(data_dir: Path) -> KeyRing:
    """The fixed keys of `settings`."""
    return load_keys(Settings(data_dir=data_dir, secret_keys=SECRET_KEYS))


@pytest.fixture
def signer(ring: KeyRing) -> TokenSigner:
    """The signer of the fixed keys."""
    return TokenSigner(ring)


@pytest.fixture
def owner(sessions: Sessions) -> User:
    """A user with a workspace, in the database."""
    now = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    with sessions.begin() as session:
        workspace = Workspace(name="Home", created_at=now)
        session.add(workspace)
        session.flush()
        user = User(
            workspace_id=workspace.id, email="owner@example.com", name="Olga Owner", role="owner", created_at=now
        )
        session.add(user)
    return user


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[redis_server.RedisServer]:
    """A running Redis, shared by the session: never stop it; a test that must makes its own."""
    binary = redis_server.find_redis()
    if binary is None:
        pytest.fail(redis_server.MEND, pytrace=False)
    server = redis_server.RedisServer(binary)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def redis_url(shared_redis: redis_server.RedisServer) -> str:
    """The URL of an empty Redis."""
    shared_redis.flush()
    return shared_redis.url
