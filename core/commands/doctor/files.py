"""Checks of what lies on this machine's disk: the data folder, the keys, the spool."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator

from core.commands.doctor.finding import Finding, fail, ok, warn
from core.errors import SettingsError
from core.hits.losses import count_lost
from core.hits.spool import measure_spool
from core.keys import key_file, load_keys
from core.settings import Settings

_NEW = "made at the first start: `make run` or `mailerplex up`"


def check_folder(settings: Settings) -> Iterator[Finding]:
    """Check that the data folder can be written and has room for a full spool."""
    folder = settings.data_dir
    if not folder.exists():
        yield warn("data folder", f"{folder} is not there yet: it is {_NEW}")
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield fail(
            "data folder", f"{folder} cannot be written: change its owner, or choose another by MAILERPLEX_DATA_DIR"
        )
        return
    free = shutil.disk_usage(folder).free
    text = f"{folder}, {free >> 20} MB free"
    if free < settings.spool_limit_bytes:
        yield warn("data folder", f"{text}: less than a full spool may take (MAILERPLEX_SPOOL_LIMIT_BYTES); make room")
    else:
        yield ok("data folder", text)


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Check the secret keys, without making any."""
    path = key_file(settings)
    if settings.secret_keys is None and settings.has_default_database and not os.path.exists(path):
        yield warn("keys", f"there are none yet: they are {_NEW}")
        return
    try:
        ring = load_keys(settings)
    except SettingsError as error:
        yield fail("keys", str(error))
        return
    count = f"{len(ring.keys)} key{'s' if len(ring.keys) > 1 else ''}"
    if settings.secret_keys is not None:
        yield ok("keys", f"{count} from MAILERPLEX_SECRET_KEYS")
    elif stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield warn("keys", f"others can read {path}: run `chmod 600 {path}`")
    else:
        yield ok("keys", f"{count} in {path}; keep a copy, links in sent mail are verified with them")


def check_spool(settings: Settings) -> Iterator[Finding]:
    """Check what waits in this host's spool, and what was lost for want of room."""
    waiting, lost = measure_spool(settings.spool_dir), count_lost(settings.spool_dir)
    if lost:
        yield warn("spool", f"{lost} hits were answered but lost: the disk was full or the limit reached; make room")
    if waiting >= settings.spool_limit_bytes:
        yield fail("spool", f"full with {waiting} bytes: see that shipper, worker and database run")
    elif not lost:
        yield ok("spool", f"{waiting} bytes wait, nothing was lost")


def check_backups(settings: Settings) -> Iterator[Finding]:
    """Say what a backup must hold: nothing here makes one by itself."""
    if settings.has_default_database:
        what = f"{settings.data_dir / 'mailerplex.sqlite3'} (by `sqlite3 … .backup`, or stopped) and the keys beside it"
    else:
        what = "the database (pg_dump) and MAILERPLEX_SECRET_KEYS"
    yield warn("backups", f"none are made by MailerPlex itself: keep copies of {what}")
