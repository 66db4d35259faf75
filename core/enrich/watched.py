"""A data file that is read again when it changes on disk: `geoip update` puts new files in place by renaming."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Data = TypeVar("Data")
_Stamp = tuple[int, int, int]

log = logging.getLogger(__name__)


class Watched(Generic[Data]):
    """Holds what `load` made of a file. A file that is missing is None; one that breaks later leaves the old data.

    `load` raises OSError or ValueError when it cannot use the file. With `required`, the first look raises as well;
    else it logs one warning.
    """

    def __init__(self, path: Path, load: Callable[[Path], Data], *, required: bool = False) -> None:
        self.path = path
        self._load = load
        self._stamp: _Stamp | None = None
        self.data: Data | None = None
        if required:
            self._stamp = _stamp(path)
            self.data = load(path)
        else:
            self.refresh()

    def refresh(self) -> bool:
        """Look whether the file changed, and read it again if so. Say whether the data is another now."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        if stamp is None:
            changed, self.data = self.data is not None, None
            return changed
        try:
            self.data = self._load(self.path)
        except (OSError, ValueError) as error:
            log.warning("%s cannot be used: %s", self.path, error)
            return False
        return True


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
