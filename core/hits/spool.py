"""The writing side of the spool: one append-only segment for each process, one `write` for each hit.

A segment is `<32 hex digits>.open` while its writer lives and holds an exclusive `flock` on it, `.sealed` when no
more will be written. A shipper seals what a killed writer left behind (`core.hits.segments`).
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from core.hits.losses import LossCounter, remove_unused

SEGMENT_BYTES = 8 << 20
SEGMENT_SECONDS = 60.0
RESERVED_DISK_BYTES = 32 << 20
OPEN, SEALED, DRAFT = ".open", ".sealed", ".draft"


class SpoolWriter:
    """Appends records; safe to call from several threads. `tick` must be called about once a second."""

    def __init__(
        self, folder: Path, limit_bytes: int = 1 << 30, *, reserved_disk_bytes: int = RESERVED_DISK_BYTES
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._reserved_disk_bytes = reserved_disk_bytes
        self._lock = threading.Lock()
        self._descriptor = -1
        self._path = folder
        self._size = 0
        self._opened_at = 0.0
        self._is_full = False
        self._losses = LossCounter(folder)
        with suppress(OSError):
            remove_unused(folder)
            self._losses.prepare()
        self.tick()

    @property
    def lost(self) -> int:
        """How many hits this writer could not keep."""
        return self._losses.count

    def append(self, record: bytes) -> bool:
        """Append one record; say whether it was kept. Never raises for a disk's sake."""
        with self._lock:
            if self._is_full or (self._descriptor < 0 and not self._open()):
                self._losses.add()
                return False
            try:
                written = os.write(self._descriptor, record)
            except OSError:
                written = 0
            if written != len(record):
                self._cut_away()
                return False
            self._size += written
            if self._size >= SEGMENT_BYTES:
                self._seal()
            return True

    def _cut_away(self) -> None:
        """Undo a short write, so that the next record stands on its own."""
        self._losses.add()
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:  # its true length is not known any more, so nothing may be cut from it later
            self._seal()

    def _open(self) -> bool:
        """Begin a segment: it gets its name only once it is locked, so no shipper can take it for abandoned."""
        stem = self._folder / secrets.token_hex(16)
        draft = stem.with_suffix(DRAFT)
        try:
            self._descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path = stem.with_suffix(OPEN)
            draft.rename(self._path)
        except OSError:
            self._forget(draft)
            return False
        self._size = 0
        self._opened_at = time.monotonic()
        return True

    def _forget(self, draft: Path) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        with suppress(OSError):
            draft.unlink(missing_ok=True)

    def _seal(self) -> None:
        """End the segment. Renamed before it is unlocked: whoever sees `.open` unlocked may seal it as well."""
        with suppress(OSError):
            self._path.rename(self._path.with_suffix(SEALED))
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1

    def tick(self) -> None:
        """Seal a segment that is old, and look whether there is room."""
        is_full = self._find_full()
        with self._lock:
            self._is_full = is_full
            if self._descriptor >= 0 and self._size and time.monotonic() - self._opened_at >= SEGMENT_SECONDS:
                self._seal()

    def _find_full(self) -> bool:
        try:
            if shutil.disk_usage(self._folder).free < self._reserved_disk_bytes:
                return True
        except OSError:
            return False  # the write itself will tell
        return measure_spool(self._folder) >= self._limit_bytes

    def close(self) -> None:
        """Seal what is open."""
        with self._lock:
            if self._descriptor >= 0:
                self._seal()
            self._losses.close()


def measure_spool(folder: Path) -> int:
    """Sum the bytes that wait in a spool folder."""
    total = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                total += entry.stat().st_size
    return total
