"""Databases of places in the MMDB format, in the two layouts that are about.

Nested, as MaxMind's GeoLite2 City and DB-IP's own download have it: read with `geoip2`. Flat, as the npm packages of
DB-IP have it (`city`, `country_code`, `state1`; one file for each address family): read with `maxminddb`.
"""

from __future__ import annotations

from pathlib import Path

import geoip2.database
import geoip2.errors
import maxminddb

from core.enrich.addresses import Address
from core.enrich.mmdb import PROBES, Mmdb
from core.signal.evidence import Location

# What a damaged or misshapen record makes the readers raise, once past the checks at opening.
_BROKEN = (maxminddb.InvalidDatabaseError, ValueError, TypeError, AttributeError)


class CityDatabase:
    """One file of places. Raises ValueError or OSError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.file = Mmdb(path)
        self._nested = None if self._is_flat() else _open_nested(path, self.file.type)
        try:
            for probe in PROBES:
                self._find(probe)
        except _BROKEN as error:
            raise ValueError("it is damaged, or cut short") from error

    def locate(self, address: Address) -> Location | None:
        """Return the place of `address`, or None where the file does not know."""
        try:
            return self._find(address)
        except _BROKEN:
            return None

    def _is_flat(self) -> bool:
        records = [self.file.get(probe) for probe in PROBES]
        return self.file.type.startswith(("city", "country")) or any(r and "country_code" in r for r in records)

    def _find(self, address: Address) -> Location | None:
        if address.version > self.file.ip_version:
            return None
        return self._find_nested(self._nested, address) if self._nested else self._find_flat(address)

    def _find_flat(self, address: Address) -> Location | None:
        found = self.file.get(address)
        return _location(found.get("country_code"), found.get("state1"), found.get("city")) if found else None

    def _find_nested(self, reader: geoip2.database.Reader, address: Address) -> Location | None:
        try:
            if "City" not in self.file.type:
                return _location(reader.country(address).country.iso_code, None, None)
            found = reader.city(address)
        except geoip2.errors.AddressNotFoundError:
            return None
        regions = found.subdivisions
        return _location(found.country.iso_code, regions[0].name if regions else None, found.city.name)


def _open_nested(path: Path, kind: str) -> geoip2.database.Reader:
    if "City" not in kind and "Country" not in kind:
        raise ValueError(f"it holds {kind!r}, not cities")
    return geoip2.database.Reader(path)


def _location(country: object, region: object, city: object) -> Location | None:
    parts = [part if isinstance(part, str) and part else None for part in (country, region, city)]
    return Location(*parts) if any(parts) else None
