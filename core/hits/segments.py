"""The reading side of the spool: find segments, seal abandoned ones, read whole records, remove what is stored.

One shipper at a time works on a folder, by a lock on the folder itself.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.hits.spool import DRAFT, OPEN, SEALED

_DRAFT_SECONDS = 60.0


class SpoolLock:
    """The exclusive right to ship a folder's segments; ends with the process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(folder / "shipper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self) -> bool:
        """Try to get it; say whether it was had."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give it up."""
        os.close(self._descriptor)


@dataclass(slots=True)
class Segment:
    """One segment being read. `position` is where the next read begins; `is_sealed`: it will not grow."""

    name: str
    path: Path
    descriptor: int
    is_sealed: bool
    position: int = 0

    @property
    def size(self) -> int:
        """Its length in bytes now."""
        return os.fstat(self.descriptor).st_size

    def read(self, limit: int) -> bytes:
        """Read from `position` at most `limit` bytes of whole lines; more only if one line is longer.

        What follows the last line feed of a sealed segment was cut short by a crash and belongs to no answered hit
        that was counted as kept; it is returned as well, so that the segment can be covered to its end.
        """
        chunk = os.pread(self.descriptor, limit, self.position)
        end = chunk.rfind(b"\n") + 1
        if end:
            return chunk if self.is_sealed and self.position + len(chunk) >= self.size else chunk[:end]
        if chunk and (self.is_sealed or len(chunk) == limit):
            return chunk if self.position + len(chunk) >= self.size else self.read(limit * 2)
        return b""

    def read_exactly(self, start: int, end: int) -> bytes:
        """Read the bytes from `start` to `end`."""
        return os.pread(self.descriptor, end - start, start)

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def remove(self) -> None:
        """Close and delete it: all of it is in SQL."""
        self.path.unlink(missing_ok=True)
        self.close()


class SegmentFolder:
    """The segments of one spool folder, kept open while they are read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.segments: dict[str, Segment] = {}

    def discover(self) -> list[Segment]:
        """Find new segments, notice sealed ones, seal those whose writer is gone; return the new ones."""
        found: list[Segment] = []
        for path in self._folder.iterdir():
            if path.suffix == DRAFT:
                self._remove_old_draft(path)
            elif path.suffix in (OPEN, SEALED):
                segment = self._notice(path)
                if segment is not None:
                    found.append(segment)
        return found

    def _notice(self, path: Path) -> Segment | None:
        segment = self.segments.get(path.stem)
        if segment is None:
            return self._take(path)
        if path.suffix == SEALED:
            segment.path = path
            segment.is_sealed = True
        elif not segment.is_sealed and self._is_abandoned(segment):
            self._seal(segment)
        return None

    def _take(self, path: Path) -> Segment | None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # sealed by its writer between listing and opening
            return None
        segment = Segment(path.stem, path, descriptor, path.suffix == SEALED)
        self.segments[segment.name] = segment
        return segment

    @staticmethod
    def _is_abandoned(segment: Segment) -> bool:
        try:
            fcntl.flock(segment.descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(segment.descriptor, fcntl.LOCK_UN)
        return True

    def _seal(self, segment: Segment) -> None:
        sealed = segment.path.with_suffix(SEALED)
        with suppress(FileNotFoundError):  # its writer was quicker
            segment.path.rename(sealed)
        segment.path = sealed
        segment.is_sealed = True

    @staticmethod
    def _remove_old_draft(path: Path) -> None:
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _DRAFT_SECONDS:
                path.unlink()

    def remove(self, segment: Segment) -> None:
        """Delete a segment that is covered."""
        del self.segments[segment.name]
        segment.remove()

    def close(self) -> None:
        """Close all files."""
        for segment in self.segments.values():
            segment.close()
        self.segments.clear()
