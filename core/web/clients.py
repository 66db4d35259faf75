"""Where the current request comes from: its client's address by the trusted proxies, kept only cut to a network."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

import structlog
from flask import request

from core.accounts.devices import Origin
from core.errors import MailerPlexError
from core.hits.addresses import cut_address
from core.hits.client_address import ClientAddresses
from core.settings import TrustedProxies
from core.web.services import WebServices

# RFC 1918, RFC 4193, and link-local addresses.
_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
_FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP")


_log = structlog.get_logger("mailerplex.web")


@lru_cache(8)
def _resolver(trusted: TrustedProxies) -> ClientAddresses:
    return ClientAddresses(trusted)


def find_client_address(trusted: TrustedProxies) -> str:
    """Return the client's whole address, for the moment of this request alone."""
    headers = request.headers
    return _resolver(trusted).resolve(
        request.remote_addr or "", headers.get("X-Forwarded-For"), headers.get("CF-Connecting-IP")
    )


def find_client_network(trusted: TrustedProxies) -> str:
    """Return the client's address cut to /24 or /48: what limits are counted by."""
    return cut_address(find_client_address(trusted)) or "unknown"


def is_near(trusted: TrustedProxies) -> bool:
    """Say whether the client is on this machine or a private network, or on one that the operator trusts.

    A request that somebody forwarded who is not trusted comes from anywhere.
    """
    address = find_client_address(trusted)
    is_forwarded = any(name in request.headers for name in _FORWARDING)
    if is_forwarded and address == request.remote_addr:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback or any(parsed in network for network in (*_PRIVATE, *trusted.networks))


def find_origin(services: WebServices) -> Origin:
    """Describe where the request comes from, as it may be kept: the place is that of the cut address."""
    network = cut_address(find_client_address(services.settings.trusted_proxies))
    place = _locate(services, network) if network is not None else None
    return Origin(request.headers.get("User-Agent", ""), network, place)


def _locate(services: WebServices, network: str) -> str | None:
    try:
        return services.locate(network.partition("/")[0])
    except MailerPlexError as error:  # a database of places that cannot be read keeps nobody from signing in
        _log.warning("place_unknown", error=str(error))
        return None
