"""MMDB files (MaxMind DB format 2.0), mapped into memory: what they say of themselves, and their raw records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import maxminddb

from core.enrich.addresses import Address, parse_address

_BLOCK_BITS = 24

PROBES = tuple(
    address
    for address in map(parse_address, ("1.1.1.1", "81.2.69.142", "216.58.192.1", "2001:4860::1", "2a02:26f7::1"))
    if address is not None
)
"""Addresses to look up in a file that was just opened: one that is cut short opens well and fails only then."""


class Mmdb:
    """One MMDB file. Raises ValueError when it is not one or is damaged, OSError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._reader = maxminddb.open_database(path)
            about = self._reader.metadata()
        except maxminddb.InvalidDatabaseError as error:
            raise ValueError("it is not an MMDB file, or it is damaged") from error
        self.type: str = about.database_type
        self.built_at = datetime.fromtimestamp(about.build_epoch, UTC)
        self.description = str(about.description.get("en", ""))
        self.ip_version: int = about.ip_version

    def get(self, address: Address) -> Mapping[str, Any] | None:
        """Return the record of `address`, or None. Raises ValueError where the file is damaged."""
        if address.version > self.ip_version:
            return None  # the reader raises
        try:
            found = self._reader.get(address)
        except maxminddb.InvalidDatabaseError as error:
            raise ValueError("it is damaged, or cut short") from error
        return found if isinstance(found, Mapping) else None

    def is_same_within(self, block: int) -> bool:
        """Say whether all 256 addresses of an IPv4 /24, given by its first, have one record or none."""
        try:
            return self._reader.get_with_prefix_len(IPv4Address(block))[1] <= _BLOCK_BITS
        except (maxminddb.InvalidDatabaseError, ValueError):
            return False
