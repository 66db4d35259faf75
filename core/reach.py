"""Whether recipients somewhere on the Internet could reach a URL of this installation, by its host name alone."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

# Names that no public DNS answers (RFC 6761, RFC 6762, RFC 8375, and what routers make up).
_PRIVATE_ENDS = (".localhost", ".local", ".lan", ".internal", ".home.arpa", ".test", ".invalid")


def is_private(url: str) -> bool:
    """Say whether the host is this machine or in a private network, so that only those inside can reach it."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDS)
