"""Whose address a request comes from, believing only those proxies that the operator names.

X-Forwarded-For is read from the right: the first address that is not a trusted proxy's is the client. What stands
further left anybody may have written. CF-Connecting-IP counts from Cloudflare alone.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from core.settings import TrustedProxies

# As published by Cloudflare (cloudflare.com/ips), September 2026.
_CLOUDFLARE = tuple(
    map(
        ipaddress.ip_network,
        (
            "173.245.48.0/20",
            "103.21.244.0/22",
            "103.22.200.0/22",
            "103.31.4.0/22",
            "141.101.64.0/18",
            "108.162.192.0/18",
            "190.93.240.0/20",
            "188.114.96.0/20",
            "197.234.240.0/22",
            "198.41.128.0/17",
            "162.158.0.0/15",
            "104.16.0.0/13",
            "104.24.0.0/14",
            "172.64.0.0/13",
            "131.0.72.0/22",
            "2400:cb00::/32",
            "2606:4700::/32",
            "2803:f800::/32",
            "2405:b500::/32",
            "2405:8100::/32",
            "2a06:98c0::/29",
            "2c0f:f248::/32",
        ),
    )
)

_LONGEST = 45


class ClientAddresses:
    """Resolves client addresses; remembers which peers are trusted, since they are few."""

    def __init__(self, trusted: TrustedProxies) -> None:
        self._networks = trusted.networks
        self._cloudflare = trusted.cloudflare
        self._trusts_any = bool(trusted.networks) or trusted.cloudflare
        self._is_trusted = lru_cache(4096)(self._find_trusted)
        self._is_cloudflare = lru_cache(4096)(self._find_cloudflare)

    def resolve(self, peer: str, forwarded_for: str | None, cf_connecting_ip: str | None) -> str:
        """Return the client's address, given the TCP peer's and the two headers; the peer's where in doubt."""
        if not self._trusts_any or (forwarded_for is None and cf_connecting_ip is None):
            return peer
        if not self._is_trusted(peer):
            return peer
        nearest = self._rightmost_untrusted(peer, forwarded_for)
        if cf_connecting_ip is None or not (self._cloudflare or self._is_cloudflare(nearest)):
            return nearest
        return _parse(cf_connecting_ip) or nearest

    def _rightmost_untrusted(self, peer: str, forwarded_for: str | None) -> str:
        nearest = peer
        for word in reversed((forwarded_for or "").split(",")):
            address = _parse(word)
            if address is None:
                return nearest
            nearest = address
            if not self._is_trusted(address):
                return nearest
        return nearest

    def _find_trusted(self, address: str) -> bool:
        parsed = _parse_address(address)
        if parsed is None:
            return False
        if any(parsed in network for network in self._networks):
            return True
        return self._cloudflare and self._find_cloudflare(address)

    def _find_cloudflare(self, address: str) -> bool:
        parsed = _parse_address(address)
        return parsed is not None and any(parsed in network for network in _CLOUDFLARE)


def _parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if len(text) > _LONGEST or "%" in text:  # no zone means anything here
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _parse(word: str) -> str | None:
    """Read one element of X-Forwarded-For, with or without a port; None if it is no address."""
    text = word.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = _parse_address(text)
    return None if address is None else str(address)
