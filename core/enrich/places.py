"""Where an address is and who announces it, from the databases at hand. Without any, every answer is None.

Owns which files are read, their being read again when they change, and the credit that their makers ask for.
Does not know whether an address is a reader's or a proxy's: `enricher` does.

Files in the data folder that `geoip update` fills: `geo/city.mmdb`, or the pair `geo/city-ipv4.mmdb` and
`geo/city-ipv6.mmdb`; `geo/asn.mmdb` or `geo/asn.ranges`. Beside each may lie a `.json` with its source and licence.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.enrich.addresses import Address, parse_address
from core.enrich.cities import CityDatabase
from core.enrich.sources import DB_IP_CREDIT, MAXMIND_CREDIT
from core.enrich.systems import System, SystemDatabase
from core.enrich.watched import Data, Watched
from core.errors import SettingsError
from core.signal.evidence import Location

CITY_FILES = ("city.mmdb", "city-ipv4.mmdb", "city-ipv6.mmdb")
SYSTEM_FILES = ("asn.mmdb", "asn.ranges")

_LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """One loaded database: its path, what it calls itself, when it was built; when fetched, if we did that."""

    path: Path
    type: str
    built_at: datetime
    fetched_at: datetime | None = None


class Places:
    """The databases of places and of autonomous systems."""

    def __init__(self, cities: Sequence[Watched[CityDatabase]], systems: Sequence[Watched[SystemDatabase]]) -> None:
        self._cities = tuple(cities)
        self._systems = tuple(systems)
        self._looked_at = time.monotonic()

    @classmethod
    def open(cls, city_db: Path | None, asn_db: Path | None, *, folder: Path | None = None) -> Places:
        """Open the databases named, and for one not named what lies in `folder` (nothing, without one).

        A named file that cannot be used raises SettingsError with its setting's name; one of the folder is left out
        with a logged warning, and is taken up once it is there.
        """
        if city_db is not None:
            cities = _named("GEOIP_CITY_DB", _with_sibling(city_db), CityDatabase)
        else:
            cities = _found(folder, CITY_FILES, CityDatabase)
        if asn_db is not None:
            systems = _named("GEOIP_ASN_DB", [asn_db], SystemDatabase)
        else:
            systems = _found(folder, SYSTEM_FILES, SystemDatabase)
        return cls(cities, systems)

    def locate(self, address: Address | str) -> Location | None:
        """Return the place of an address, or None where nobody knows."""
        parsed = parse_address(address) if isinstance(address, str) else address
        if parsed is None:
            return None
        for watched in self._cities:
            if watched.data and (location := watched.data.locate(parsed)):
                return location
        return None

    def asn(self, address: Address | str) -> System | None:
        """Return the number and organisation of the autonomous system that announces an address, or None."""
        parsed = parse_address(address) if isinstance(address, str) else address
        if parsed is None:
            return None
        for watched in self._systems:
            if watched.data and (system := watched.data.find(parsed)):
                return system
        return None

    def is_same_within(self, block: int) -> bool:
        """Say whether all 256 addresses of an IPv4 /24, given by its first, have one answer."""
        if not all(watched.data.file.is_same_within(block) for watched in self._cities if watched.data):
            return False
        return all(watched.data.is_same_within(block) for watched in self._systems if watched.data)

    def refresh(self, *, now: float | None = None) -> bool:
        """Take up files that changed, at most once a minute (`now`: monotonic seconds). Say whether any did."""
        now = time.monotonic() if now is None else now
        if now - self._looked_at < _LOOK_SECONDS:
            return False
        self._looked_at = now
        changed = sum(watched.refresh() for watched in self._cities) + sum(w.refresh() for w in self._systems)
        return changed > 0

    def city_status(self) -> list[DatabaseStatus]:
        """Return what databases of places are loaded."""
        loaded = [(w.path, w.data.file) for w in self._cities if w.data]
        return [DatabaseStatus(path, file.type, file.built_at, _fetched_at(path)) for path, file in loaded]

    def asn_status(self) -> list[DatabaseStatus]:
        """Return what databases of autonomous systems are loaded."""
        loaded = [(w.path, w.data) for w in self._systems if w.data]
        return [DatabaseStatus(path, data.type, data.built_at, _fetched_at(path)) for path, data in loaded]

    def credit(self) -> list[tuple[str, str]]:
        """Return (text, URL) of each credit that pages showing places must carry."""
        abouts = [(w.path, f"{w.data.file.type} {w.data.file.description}") for w in self._cities if w.data]
        abouts += [(w.path, f"{w.data.type} {w.data.description}") for w in self._systems if w.data]
        return list(dict.fromkeys(credit for path, about in abouts for credit in _credits(path, about)))


def _named(setting: str, paths: Sequence[Path], load: Callable[[Path], Data]) -> list[Watched[Data]]:
    watched = []
    for path in paths:
        try:
            watched.append(Watched(path, load, required=True))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise SettingsError(f"{setting}: {path} cannot be used: {reason}") from error
    return watched


def _found(folder: Path | None, names: Sequence[str], load: Callable[[Path], Data]) -> list[Watched[Data]]:
    return [] if folder is None else [Watched(folder / name, load) for name in names]


def _with_sibling(path: Path) -> list[Path]:
    """Add the file of the other address family where the name tells that there are two (`…-ipv4.mmdb`)."""
    for mine, other in (("ipv4", "ipv6"), ("ipv6", "ipv4")):
        sibling = path.with_name(path.name.replace(mine, other))
        if mine in path.name and sibling.is_file():
            return [path, sibling]
    return [path]


def _credits(path: Path, about: str) -> list[tuple[str, str]]:
    """Say whom to credit for a file: by the note beside it, else by what it calls itself."""
    try:
        return [(str(shown["text"]), str(shown["url"])) for shown in _read_note(path)["credits"]]
    except (TypeError, KeyError):
        lower = about.lower()
    if "dbip" in lower or "db-ip" in lower or lower.startswith("city ipv"):
        return [DB_IP_CREDIT]
    return [MAXMIND_CREDIT] if "geolite" in lower else []


def _fetched_at(path: Path) -> datetime | None:
    try:
        fetched_at = datetime.fromisoformat(_read_note(path)["fetched_at"])
    except (TypeError, KeyError, ValueError):
        return None
    return fetched_at if fetched_at.tzinfo else None


def _read_note(path: Path) -> dict[str, Any]:
    """Read what `geoip update` left beside a file, empty where it left nothing."""
    try:
        note = json.loads(path.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
