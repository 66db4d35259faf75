"""What is kept of a client address: the network it is cut to, and keyed hashes to compare by."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from hashlib import blake2b

from core.keys import KeyRing

KEY_BYTES = 12
_CACHED = 8192


@dataclass(frozen=True, slots=True)
class KeptAddress:
    """An address as it may be kept: cut to /24 or /48, and hashes that tell nothing without the key."""

    cut: str | None
    address_key: bytes | None
    network_key: bytes | None


_NOTHING = KeptAddress(None, None, None)


class AddressKeeper:
    """Cuts and hashes addresses; forgets what it remembers when told to."""

    def __init__(self, ring: KeyRing) -> None:
        self._key = ring.signing.derive("client address")
        self._known: dict[str, KeptAddress] = {}

    def keep(self, address: str) -> KeptAddress:
        """Return what may be kept of `address`; nothing for what is no address."""
        kept = self._known.get(address)
        if kept is None:
            if len(self._known) >= _CACHED:
                self.forget()
            kept = self._known[address] = self._make(address)
        return kept

    def forget(self) -> None:
        """Forget all addresses seen: a full address is not to be held for long."""
        self._known.clear()

    def _make(self, address: str) -> KeptAddress:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return _NOTHING
        if isinstance(parsed, ipaddress.IPv6Address):
            parsed = parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed))  # without its zone
        network = ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False)
        return KeptAddress(str(network), self._hash(parsed.packed), self._hash(network.network_address.packed + b"/"))

    def _hash(self, packed: bytes) -> bytes:
        return blake2b(packed, key=self._key, digest_size=KEY_BYTES).digest()
