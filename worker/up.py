"""`up`: the whole installation in one process tree, with the embedded Redis where no other is set."""

from __future__ import annotations

import fcntl
import http.client
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from core.accounts.cookies import is_loopback
from core.errors import SettingsError
from core.keys import key_file
from core.running.installation import Installation
from core.running.redis_server import remove_runtime_folder
from core.running.server import probe_port
from core.running.supervisor import Supervisor
from core.settings import Settings, public_url_note, write_noted_url
from worker.tree import list_all_roles
from worker.tunneling import Tunneling

STARTED_FILE = Path("run") / "public_url"


def run_up(
    settings: Settings,
    host: str = "127.0.0.1",
    say: Callable[[str], None] | None = None,
    *,
    with_tunnel: bool = False,
) -> None:
    """Prepare the data folder and run all roles until SIGTERM or SIGINT.

    Raises SettingsError, StorageError or UnavailableError (no tunnel), each with one line on what to do, before
    anything is started.
    """
    say = say or (lambda text: print(text, file=sys.stderr, flush=True))
    probe_port(host, settings.port)
    installation = Installation(settings)
    check_parts(installation)
    tunneling = Tunneling(settings, say) if with_tunnel else None
    with lock_data_folder(settings):
        prepare(installation)
        try:
            if tunneling is not None:
                settings = tunneling.open()
                installation = Installation(settings)
            write_noted_url(settings)
            supervisor = Supervisor(list_all_roles(settings, host), say)
            watch = partial(tunneling.watch, supervisor) if tunneling is not None else lambda: None
            supervisor.run(lambda: _announce(installation, host, say), watch)
        finally:
            if tunneling is not None:
                tunneling.close()
            public_url_note(settings.data_dir).unlink(missing_ok=True)
            if settings.redis_url is None:
                remove_runtime_folder(settings)


def check_parts(installation: Installation) -> None:
    """Raise SettingsError for a setting that a role would stumble over later; leaves no trace."""
    settings = installation.settings
    if not settings.has_default_database:
        installation.keys  # noqa: B018  (they must be set, and are not made here)
    if settings.geoip_city_db is not None or settings.geoip_asn_db is not None:
        installation.enricher  # noqa: B018
    if settings.smtp_url is not None:
        from core.alerts.smtp import parse_smtp_url

        parse_smtp_url(settings.smtp_url)
    if settings.redis_url is not None:
        from worker.connection import connect

        connect(settings.redis_url)


def prepare(installation: Installation) -> None:
    """Make what a first start needs: keys, tables, the owner."""
    from core.accounts.owner import ensure_owner
    from core.alerts.rules import create_default_rules, create_email_defaults
    from core.storage import schema

    settings = installation.settings
    installation.keys  # noqa: B018  (made, or read and checked, here)
    schema.upgrade(installation.engine)
    with installation.sessions.begin() as session:
        ensure_owner(session, datetime.now(UTC), create_default_rules)
        if settings.smtp_url is not None:
            create_email_defaults(session)
    installation.engine.dispose()


def lock_data_folder(settings: Settings) -> _FolderLock:
    """Make the data folder this process's alone among those that run a whole installation."""
    folder = settings.data_dir / STARTED_FILE.parent
    try:
        # The data folder itself as well: the database in it is about people.
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(
            f"Cannot write the data folder {settings.data_dir}: {error.strerror}."
            " Choose another with MAILERPLEX_DATA_DIR or --data-dir."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise SettingsError(
            f"MailerPlex is running already with the data folder {settings.data_dir}:"
            " stop it, or choose another with MAILERPLEX_DATA_DIR or --data-dir."
        ) from error
    return _FolderLock(descriptor)


class _FolderLock:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> _FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _announce(installation: Installation, host: str, say: Callable[[str], None]) -> bool:
    """Once the web answers, say where to look; before, nothing."""
    from core.accounts.owner import ensure_owner
    from core.accounts.signin import create_signin_link

    settings = installation.settings
    if not _answers(host, settings.port):
        return False
    say(f"\nMailerPlex is running: {settings.public_url}")
    if settings.secret_keys is None:
        say(f"Its keys lie in {key_file(settings)}: keep a copy, for links in sent mail are verified with them.")
    if is_loopback(host):
        with installation.sessions.begin() as session:
            owner = ensure_owner(session, datetime.now(UTC))
            link = create_signin_link(session, owner, settings.public_url, datetime.now(UTC))
        installation.engine.dispose()
        say(f"Sign in (once, within 15 minutes): {link}")
    say("Ctrl-C stops it.\n")
    return True


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
