"""Databases of autonomous systems: MMDB files with MaxMind's field names (DB-IP has them too), or our own ranges."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core.enrich.addresses import Address
from core.enrich.mmdb import PROBES, Mmdb
from core.enrich.ranges import MAGIC, Ranges

_NUMBER, _NAME = "autonomous_system_number", "autonomous_system_organization"

System = tuple[int, str | None]
"""An autonomous system: its number, and its organisation's name where known."""


class SystemDatabase:
    """One file of autonomous systems. Raises ValueError or OSError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            own = file.read(len(MAGIC)) == MAGIC
        self._file: Mmdb | Ranges
        if own:
            self._file = Ranges.open(path)
            self.type, self.description = "ASN", str(self._file.about.get("description", ""))
            self.built_at = datetime.fromtimestamp(float(self._file.about.get("built_at", 0)), UTC)
        else:
            self._file = Mmdb(path)
            self.type, self.description = self._file.type, self._file.description
            self.built_at = self._file.built_at
        self._check()

    def find(self, address: Address) -> System | None:
        """Return the autonomous system that announces `address`, or None."""
        try:
            return self._find(address)
        except ValueError:
            return None

    def is_same_within(self, block: int) -> bool:
        """Say whether all 256 addresses of an IPv4 /24, given by its first, are announced by one system or none."""
        return self._file.is_same_within(block)

    def _find(self, address: Address) -> System | None:
        if isinstance(self._file, Ranges):
            label = self._file.find(address)
            return _system(*label[:2]) if label else None
        found = self._file.get(address)
        return _system(found.get(_NUMBER), found.get(_NAME)) if found else None

    def _check(self) -> None:
        if not isinstance(self._file, Ranges) and "city" in self.type.lower():
            raise ValueError(f"it holds {self.type!r}, not autonomous systems")
        for probe in PROBES:
            self._find(probe)


def _system(number: object, name: object = None) -> System | None:
    if not isinstance(number, int):
        return None
    return number, name if isinstance(name, str) and name else None
