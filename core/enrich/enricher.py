"""All that is known of a hit's address and user agent, in one call. A proxy's place is never given as the reader's.

Owns the caches, so that a burst from one address costs one look-up, and the report on the databases for `doctor`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from core.enrich import agent_names, operators
from core.enrich.addresses import parse_address
from core.enrich.agents import MAX_LENGTH, describe_agent, is_mail_proxy
from core.enrich.networks import RANGES_FILE, Networks
from core.enrich.places import DatabaseStatus, Places
from core.signal.evidence import Client, Location, Network, NetworkKind

DATABASE_AGE_DAYS = 62
LISTS_AGE_DAYS = 31

_READERS = (NetworkKind.ACCESS, NetworkKind.UNKNOWN)
_CACHED_ADDRESSES = 4096
_CACHED_BLOCKS = 8192
_OCTETS = frozenset(map(str, range(256)))
_LOOK_SECONDS = 60.0
_FORGET_SECONDS = 600.0
_MEND = "run `mailerplex geoip update`"

_Found = tuple[Network, Location | None]


class Enriched(NamedTuple):
    """What an address and a user agent tell. `location` is the reader's own, or None."""

    network: Network
    client: Client
    location: Location | None


@dataclass(frozen=True, slots=True)
class EnrichStatus:
    """What is loaded, and what to say about it: each warning is one line with its mend."""

    cities: tuple[DatabaseStatus, ...] = ()
    systems: tuple[DatabaseStatus, ...] = ()
    networks: int = 0
    networks_at: datetime | None = None
    warnings: tuple[str, ...] = ()


class Enricher:
    """Describes hits from the databases that settings name, or that lie in the data folder.

    Raises SettingsError when a database that a setting names cannot be used.
    """

    def __init__(self, data_dir: Path, city_db: Path | str | None = None, asn_db: Path | str | None = None) -> None:
        self.places = Places.open(
            Path(city_db) if city_db else None, Path(asn_db) if asn_db else None, folder=data_dir / "geo"
        )
        self.networks = Networks(data_dir / "networks" / RANGES_FILE, self.places.asn)
        self._looked_at = self._forgot_at = time.monotonic()
        self._find_address = lru_cache(maxsize=_CACHED_ADDRESSES)(self._look_up)
        self._find_block = lru_cache(maxsize=_CACHED_BLOCKS)(self._look_up_block)

    def describe(self, address: str | None, user_agent: str) -> Enriched:
        """Return what is known; whatever is handed in, nothing raises."""
        network, location = self._find(address) if address and len(address) <= MAX_LENGTH else _NOTHING
        if network.operator == operators.YAHOO and agent_names.YAHOO_PROXY in user_agent[:MAX_LENGTH]:
            network = replace(network, kind=NetworkKind.MAIL_PROXY)
        if location is not None and _hides_reader(network, user_agent):
            location = None
        return Enriched(network, describe_agent(user_agent), location)

    def refresh(self, *, now: float | None = None) -> bool:
        """Take up data files that changed, at most once a minute (`now`: monotonic seconds). Say whether any did.

        Also forgets the addresses looked up, every ten minutes: a full address is not to be held for long.
        """
        now = time.monotonic() if now is None else now
        if now - self._looked_at < _LOOK_SECONDS:
            return False
        self._looked_at = now
        changed = self.places.refresh(now=now) | self.networks.refresh()
        if changed or now - self._forgot_at >= _FORGET_SECONDS:
            self._find_address.cache_clear()
            self._find_block.cache_clear()
            self._forgot_at = now
        return changed

    def credit(self) -> list[tuple[str, str]]:
        """Return (text, URL) of each credit that pages showing places must carry."""
        return self.places.credit()

    def status(self, *, now: datetime | None = None) -> EnrichStatus:
        """Return which databases are loaded and what is missing or old."""
        now = now or datetime.now(UTC)
        cities, systems = self.places.city_status(), self.places.asn_status()
        lists = self.networks.lists
        lists_at = datetime.fromtimestamp(float(lists.about.get("built_at", 0)), UTC) if lists else None
        warnings = _database_warnings("place", "cities", cities, now)
        warnings += _database_warnings("network", "autonomous systems", systems, now)
        warnings += _lists_warnings(lists_at, now)
        return EnrichStatus(tuple(cities), tuple(systems), len(lists) if lists else 0, lists_at, tuple(warnings))

    def _find(self, address: str) -> _Found:
        block, _, last = address.rpartition(".")
        found = self._find_block(block) if last in _OCTETS and ":" not in block else None
        return self._find_address(address) if found is None else found

    def _look_up_block(self, block: str) -> _Found | None:
        """Return what is known of a whole IPv4 /24; None where its addresses differ, or it is none."""
        first = parse_address(f"{block}.0")
        if first is None or not self._is_same_within(int(first)):
            return None
        return self._look_up(f"{block}.0")

    def _is_same_within(self, block: int) -> bool:
        return self.places.is_same_within(block) and self.networks.is_same_within(block)

    def _look_up(self, address: str) -> _Found:
        parsed = parse_address(address)
        if parsed is None:
            return _NOTHING
        network = self.networks.classify(parsed)
        return network, self.places.locate(parsed) if network.kind in _READERS else None


_NOTHING: _Found = (Network(), None)


def _hides_reader(network: Network, user_agent: str) -> bool:
    """Say whether the address is a proxy's by what the user agent says.

    Apple's prefetcher is known by its network; where no list or system tells that, its user agent has to do.
    """
    if network.kind not in _READERS or is_mail_proxy(user_agent):
        return True
    return network.kind is NetworkKind.UNKNOWN and user_agent.strip() == agent_names.APPLE_PREFETCH


def _database_warnings(what: str, holds: str, found: list[DatabaseStatus], now: datetime) -> list[str]:
    if not found:
        return [f"no database of {holds}: the {what} of a visit stays unknown; {_MEND}"]
    oldest = min(found, key=lambda status: status.built_at)
    days = (now - oldest.built_at).days
    if days <= DATABASE_AGE_DAYS or _is_newest_to_be_had(oldest, now):
        return []
    return [f"the database of {holds} is {days} days old; {_MEND}"]


def _is_newest_to_be_had(status: DatabaseStatus, now: datetime) -> bool:
    """Say whether it was fetched lately, so that its source has no newer one and fetching again mends nothing."""
    return status.fetched_at is not None and (now - status.fetched_at).days <= LISTS_AGE_DAYS


def _lists_warnings(lists_at: datetime | None, now: datetime) -> list[str]:
    if lists_at is None:
        return [f"no lists of relays and clouds: Apple's prefetching is harder to tell; {_MEND}"]
    days = (now - lists_at).days
    return [f"the lists of relays and clouds are {days} days old; {_MEND}"] if days > LISTS_AGE_DAYS else []
