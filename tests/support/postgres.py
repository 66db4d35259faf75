"""A real PostgreSQL cluster of the tests' own, from the system's binaries, on a unix socket in a temporary folder."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.support.children import create_short_folder, start_child, wait_until

MEND = "PostgreSQL's server is not installed. As root: apt-get update && apt-get install -y postgresql"
# Root may not run the server; Debian's package brings this user.
_SERVER_USER = "postgres"
_DISCONNECT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_FINGERPRINT = """
    SELECT md5(string_agg(format('%s %s %s %s', relname, attname, atttypid, attnotnull), ',' ORDER BY relname, attnum))
        || (SELECT version_num FROM alembic_version)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0
"""
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def find_binaries() -> Path | None:
    """Find the folder of `initdb` and `postgres`, the newest of those that Debian installs side by side."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda path: float(re.sub(r"[^\d.]", "", path.parent.name) or 0))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresCluster:
    """One cluster. `durable` keeps fsync on, for tests that kill it."""

    def __init__(self, binaries: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._user = _SERVER_USER if os.geteuid() == 0 else None
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = create_short_folder("pg")
        if self._user:
            shutil.chown(self.folder, self._user)
        self._initialise()

    def _initialise(self) -> None:
        options = ["--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [self._binaries / "initdb", "-D", self.folder / "data", "-U", _SERVER_USER, *options],
            check=True,
            capture_output=True,
            cwd="/",
            user=self._user,
            group=self._user,
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200"]
        settings += () if self._durable else _QUICK
        self._process = start_child(
            [
                self._binaries / "postgres",
                "-D",
                self.folder / "data",
                *(word for setting in settings for word in ("-c", setting)),
            ],
            log=self.folder / "log",
            user=self._user,
            death_signal=signal.SIGQUIT,
        )
        wait_until(self._answers, f"PostgreSQL answers; see {self.folder / 'log'}", seconds=60)

    def stop(self, *, with_signal: int = signal.SIGINT) -> None:
        """Stop the server: SIGINT for a fast shutdown, SIGQUIT for an immediate one."""
        if self._process is not None:
            self._process.send_signal(with_signal)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        """Stop it for good and remove its files."""
        self.stop(with_signal=signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the DATABASE_URL of one database."""
        return f"postgresql+psycopg://{_SERVER_USER}@/{database}?host={quote(str(self.folder), safe='')}"

    def create_database(self, *, template: str | None = None) -> str:
        """Create a database, empty or a copy of `template`, and return its name."""
        name = f"t{secrets.token_hex(6)}"
        copied = f" TEMPLATE {template} STRATEGY file_copy" if template else ""
        self.execute(f"CREATE DATABASE {name}{copied}")
        return name

    def fingerprint(self, database: str) -> str:
        """Describe the tables, columns, indexes and revision of a database, to see whether a test changed them."""
        with psycopg.connect(self._dsn_of(database)) as connection:
            row = connection.execute(_FINGERPRINT).fetchone()
        assert row
        return str(row[0])

    def empty_database(self, name: str, tables: Sequence[str], fingerprint: str) -> bool:
        """Delete all rows, whoever is still connected; return False where the tables are not what they were."""
        try:
            if self.fingerprint(name) != fingerprint:
                return False
        except psycopg.Error:  # without its revision, for one
            return False
        with psycopg.connect(self._dsn_of(name)) as connection:
            connection.execute(_DISCONNECT)
            connection.execute("; ".join(f'DELETE FROM "{table}"' for table in tables).encode())
        return True

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction, in the cluster's own database."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def _dsn(self) -> str:
        return self._dsn_of("postgres")

    def _dsn_of(self, database: str) -> str:
        return f"host={self.folder} user={_SERVER_USER} dbname={database} connect_timeout=5"

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2000:]
        try:
            psycopg.connect(self._dsn).close()
        except psycopg.OperationalError:
            return False
        return True
