"""`classify` without its command: JSON lines in, judged together, one answer for each open and click.

Knows no network or place by itself: enrichment is handed in. Keys that tell addresses apart are random for each run.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes
from typing import Any, Protocol
from urllib.parse import urlsplit

from core.signal.evidence import KEPT_HEADERS, Client, Evidence, Judgement, Kind, Location, Network, Viewed
from core.signal.judging import judge
from core.signal.lines import Address, Line, parse_lines
from core.signal.place import shows_place


class Described(Protocol):
    """What enrichment tells of a hit's address and user agent."""

    @property
    def network(self) -> Network: ...
    @property
    def client(self) -> Client: ...
    @property
    def location(self) -> Location | None: ...


class Describes(Protocol):
    """Enrichment: looks up an address (None where unknown) and a user agent."""

    def __call__(self, address: str | None, user_agent: str, /) -> Described: ...


@dataclass(frozen=True, slots=True)
class _Hit:
    id: str | int | None
    evidence: Evidence
    described: Described


def classify(lines: Iterable[str | bytes], describe: Describes) -> Iterator[dict[str, Any]]:
    """Judge the hits that `lines` tell of, all together, and answer them in their order.

    Raises InputError before any answer if a line is not as the interface says.
    """
    parsed = parse_lines(lines)
    key = token_bytes(32)
    hits = [_hit(line, line.kind, describe, key) for line in parsed if line.kind is not None]
    views = [Viewed(line.message, line.at, line.seconds_after_send) for line in parsed if line.kind is None]
    judgements = judge([hit.evidence for hit in hits], views)
    return (_answer(hit, judgement) for hit, judgement in zip(hits, judgements, strict=True))


def _hit(line: Line, kind: Kind, describe: Describes, key: bytes) -> _Hit:
    described = describe(None if line.address is None else str(line.address), line.user_agent)
    evidence = Evidence(
        id=str(line.number),
        message=line.message,
        kind=kind,
        recipient=None if line.recipient is None else line.recipient.lower(),
        at=line.at,
        seconds_after_send=line.seconds_after_send,
        method=line.method,
        user_agent=line.user_agent,
        headers=_kept(line),
        link=line.url,
        network=described.network,
        address_key=None if line.address is None else _keyed(line.address.packed, key),
        network_key=None if line.address is None else _keyed(_prefix(line.address), key),
        sender=None if line.sender is None else line.sender.lower(),
    )
    return _Hit(line.id, evidence, described)


def _kept(line: Line) -> dict[str, str]:
    kept = {name: value for name, value in line.headers.items() if name in KEPT_HEADERS}
    if "referer" in kept:
        kept["referer"] = _origin(kept["referer"])
    return kept


def _origin(referer: str) -> str:
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}"


def _prefix(address: Address) -> bytes:
    """Give the /24 of an IPv4 address or the /48 of an IPv6 address."""
    return address.packed[:3] if isinstance(address, ipaddress.IPv4Address) else address.packed[:6]


def _keyed(value: bytes, key: bytes) -> str:
    return blake2b(value, key=key, digest_size=16).hexdigest()


def _answer(hit: _Hit, judgement: Judgement) -> dict[str, Any]:
    client = hit.described.client
    location = hit.described.location if shows_place(hit.evidence, judgement.verdict) else None
    return {
        "id": hit.id,
        "verdict": judgement.verdict.value,
        "confidence": judgement.confidence,
        "reasons": list(judgement.reasons),
        "client": {"name": client.name, "os": client.os, "device": client.device},
        "location": None
        if location is None
        else {"country": location.country, "region": location.region, "city": location.city},
    }
