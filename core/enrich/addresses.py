"""Addresses as enrichment reads them: text in, a parsed address out, never an exception."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

_LONGEST = 64  # an IPv6 address with a zone is shorter


def parse_address(text: str | None) -> Address | None:
    """Return the address that `text` names, or None. An IPv4-mapped IPv6 address (RFC 4291) comes back as IPv4."""
    if not text or len(text) > _LONGEST:
        return None
    try:
        if ":" not in text:
            return IPv4Address(text)
        address = IPv6Address(text.partition("%")[0])
    except AddressValueError:
        return None
    return address.ipv4_mapped or address
