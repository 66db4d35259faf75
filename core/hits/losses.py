"""How many hits were answered but could not be kept (disk full, limit reached): counted even on a full disk.

Each writer overwrites a small file of its own that was written in full when there was room.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

_SUFFIX = ".lost"
_DIGITS = 20
_NOTHING = b"0" * _DIGITS
_UNUSED_SECONDS = 60.0


class LossCounter:
    """The count of one writing process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{secrets.token_hex(16)}{_SUFFIX}"
        self.count = 0
        self._descriptor = -1

    def prepare(self) -> None:
        """Take the room on disk while there is some."""
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(self._descriptor, _NOTHING, 0)

    def add(self) -> None:
        """Count one lost hit. Not thread-safe: call under the writer's lock."""
        self.count += 1
        with suppress(OSError):
            self.prepare()
            os.pwrite(self._descriptor, f"{self.count:0{_DIGITS}d}".encode(), 0)

    def close(self) -> None:
        """Close, leaving the file only if something was lost."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            if self.count == 0:
                self._path.unlink(missing_ok=True)


def remove_unused(folder: Path) -> None:
    """Delete the counts at which killed writers lost nothing; who lives holds a lock on its own."""
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError), path.open("rb") as count:
            fcntl.flock(count, fcntl.LOCK_SH | fcntl.LOCK_NB)
            # One that is young may be about to be locked.
            if time.time() - path.stat().st_mtime > _UNUSED_SECONDS and count.read(_DIGITS) == _NOTHING:
                path.unlink()


def count_lost(folder: Path) -> int:
    """Sum what all writers of a spool folder lost, those that are gone included."""
    total = 0
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError, ValueError):
            total += int(path.read_bytes()[:_DIGITS])
    return total
