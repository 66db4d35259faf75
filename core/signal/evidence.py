"""What judging sees of a hit, and what it says: plain values, without any address, SQL or HTTP.

Owns the vocabulary that the edge, enrichment, storage, the API and `classify` share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Kind(StrEnum):
    """What happened to a message."""

    OPEN = "open"
    CLICK = "click"
    REPLY = "reply"
    BOUNCE = "bounce"


class Verdict(StrEnum):
    """Who caused an open or a click."""

    HUMAN = "human"
    HUMAN_VIA_PROXY = "human_via_proxy"
    PREFETCH = "prefetch"
    SCANNER = "scanner"
    SELF = "self"
    UNKNOWN = "unknown"

    @property
    def is_human(self) -> bool:
        """Say whether this verdict stands for a person other than the sender."""
        return self in (Verdict.HUMAN, Verdict.HUMAN_VIA_PROXY)


class NetworkKind(StrEnum):
    """What kind of network an address belongs to, as far as the loaded lists tell."""

    UNKNOWN = "unknown"  # no list says anything
    ACCESS = "access"  # an ISP, a mobile network, an office: an ASN known and none of the others
    HOSTING = "hosting"  # cloud and data centres
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    APPLE_RELAY = "apple_relay"  # iCloud Private Relay and Mail Privacy Protection egress
    MAIL_PROXY = "mail_proxy"  # a mail provider's image proxy (Yahoo, Fastmail, ...)
    SECURITY = "security"  # a mail security vendor that scans (Proofpoint, Mimecast, ...)
    GATEWAY = "gateway"  # people behind a secure web gateway (Zscaler, Netskope, ...)
    PRIVATE = "private"  # loopback, RFC 1918 and the like


@dataclass(frozen=True, slots=True)
class Network:
    """Where an address is, in terms of routing. `operator` is a display name such as "Proofpoint"."""

    kind: NetworkKind = NetworkKind.UNKNOWN
    asn: int | None = None
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """The reader's program as its user agent names it; every part may be unknown."""

    name: str | None = None
    os: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A place: ISO 3166-1 alpha-2 country, and region and city by name where known."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


class Evidence(NamedTuple):
    """One open or click as judging sees it. Never holds a full address.

    `message` and `recipient` only relate hits to each other; `recipient` is None where a shared copy cannot tell.
    `headers` holds lower-case names, only those in `KEPT_HEADERS`.
    `link` tells the links of a message apart. `address_key` and `network_key` are keyed hashes of the full
    address and of its /24 or /48. `at` is aware UTC; None when only the time after sending is known.
    """

    id: str
    message: str
    kind: Kind
    recipient: str | None = None
    at: datetime | None = None
    seconds_after_send: float | None = None
    method: str = "GET"
    user_agent: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    link: str | None = None
    network: Network = Network()
    address_key: str | None = None
    network_key: str | None = None
    sender: str | None = None
    corrected: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Viewed:
    """The sender's heads-up: they were looking at `message` at `at`."""

    message: str
    at: datetime | None = None
    seconds_after_send: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What judging says of one hit. `settle_seconds`: how long after the hit a later hit may still change it."""

    verdict: Verdict
    confidence: float
    reasons: tuple[str, ...]
    settle_seconds: float = 0.0


KEPT_HEADERS = frozenset(
    {
        "purpose",
        "sec-purpose",
        "x-purpose",
        "x-moz",
        "sec-ch-ua",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-fetch-user",
        "accept",
        "accept-language",
        "referer",
        "via",
        "from",
    }
)
"""The request headers kept as evidence, lower case. `referer` is cut to its scheme and host before it is kept."""
