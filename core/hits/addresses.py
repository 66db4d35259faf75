"""What is kept of a client address: the network it is cut to, and keyed hashes to compare by."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from hashlib import blake2b

from core.keys import KeyRing

KEY_BYTES = 12
_CACHED = 4096
_IPV4_MAPPED = bytes(10) + b"\xff\xff"


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
        packed = _pack(address)
        if packed is None:
            return _NOTHING
        network = packed[:3] if len(packed) == 4 else packed[:6]
        return KeptAddress(_cut(packed), self._hash(packed), self._hash(network))

    def _hash(self, packed: bytes) -> bytes:
        return blake2b(packed, key=self._key, digest_size=KEY_BYTES).digest()


def cut_address(address: str) -> str | None:
    """Cut an address to its /24 (IPv4) or /48 (IPv6); None for what is no address."""
    packed = _pack(address)
    return None if packed is None else _cut(packed)


def _cut(packed: bytes) -> str:
    if len(packed) == 4:
        return f"{packed[0]}.{packed[1]}.{packed[2]}.0/24"
    return socket.inet_ntop(socket.AF_INET6, packed[:6] + bytes(10)) + "/48"


def _pack(address: str) -> bytes | None:
    """Return the address's bytes, an IPv4 one's even where it comes in IPv6 form; None for what is no address."""
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return None
    return packed[12:] if packed.startswith(_IPV4_MAPPED) else packed
