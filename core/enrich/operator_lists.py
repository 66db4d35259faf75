"""The lists of their networks that operators publish: each one's layout turned into address blocks, and kept.

A kept list is a text file of CIDRs, so that one operator that does not answer leaves its older list in use. All kept
lists together are compiled into the one file that `networks` reads.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from core.enrich.download import FetchError, fetch_bytes
from core.enrich.ranges_builder import RangesBuilder
from core.enrich.sources import Sources
from core.signal.evidence import NetworkKind

Block = IPv4Network | IPv6Network
_Parse = Callable[[bytes], Iterable[str]]

_LIMIT = 64 << 20
_WIDEST = {4: 6, 6: 16}
_SERVICE_TAGS = re.compile(rb"https?://[^\"'<>\s]{1,200}/ServiceTags_Public_\d+\.json")


@dataclass(frozen=True, slots=True)
class OperatorList:
    """One published list: the name of its file, whose it is, its kind, the fields of `Sources` to fetch, its layout."""

    name: str
    operator: str
    kind: NetworkKind
    fields: tuple[str, ...]
    parse: _Parse

    def fetch(self, sources: Sources) -> list[Block]:
        """Return the blocks published now. Raises FetchError with one line."""
        found: list[str] = []
        for field in self.fields:
            body = fetch_bytes(getattr(sources, field), _LIMIT)
            if self.name == "microsoft":
                body = _follow_download_page(body)
            found += self._read(body)
        return parse_blocks(found, self.operator)

    def _read(self, body: bytes) -> list[str]:
        try:
            return list(self.parse(body))
        except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
            raise FetchError(f"the list of {self.operator} has another layout than expected") from error


def parse_blocks(texts: Iterable[str], operator: str) -> list[Block]:
    """Return the blocks that CIDR texts name, sorted, each once. Raises FetchError for a list that cannot be right."""
    blocks: set[Block] = set()
    for text in texts:
        try:
            block = ip_network(text.strip(), strict=False)
        except ValueError as error:
            raise FetchError(f"the list of {operator} holds what is no address block") from error
        if block.prefixlen < _WIDEST[block.version]:
            raise FetchError(f"the list of {operator} claims a large part of the Internet ({block})")
        blocks.add(block)
    if not blocks:
        raise FetchError(f"the list of {operator} is empty")
    return sorted(blocks, key=lambda block: (block.version, int(block.network_address), block.prefixlen))


def compile_lists(folder: Path, path: Path, built_at: float) -> None:
    """Write the lists kept in `folder` as one ranges file at `path`. `built_at` is seconds since the epoch."""
    builder = RangesBuilder()
    names = []
    for rank, known in enumerate(LISTS):
        kept = folder / f"{known.name}.txt"
        if kept.is_file():
            names.append(known.name)
            for line in kept.read_text().split():
                builder.add_network(ip_network(line), (known.kind.value, known.operator), rank)
    builder.write(path, {"built_at": built_at, "lists": names})


def _follow_download_page(page: bytes) -> bytes:
    """Microsoft publishes under a name that changes each week; only its download page links it."""
    found = _SERVICE_TAGS.search(page)
    if found is None:
        raise FetchError("Microsoft's download page names no list of service tags")
    return fetch_bytes(found[0].decode("ascii"), _LIMIT)


def _lines(body: bytes) -> Iterator[str]:
    yield from (line for line in body.decode("ascii").splitlines() if line.strip())


def _first_column(body: bytes) -> Iterator[str]:
    """Read a geofeed (RFC 8805): CIDR, country, region, city; `#` starts a comment."""
    for row in csv.reader(body.decode("utf-8-sig").splitlines()):
        if row and row[0].strip() and not row[0].startswith("#"):
            yield row[0]


def _google(body: bytes) -> Iterator[str]:
    for prefix in json.loads(body)["prefixes"]:
        yield prefix.get("ipv4Prefix") or prefix["ipv6Prefix"]


def _amazon(body: bytes) -> Iterator[str]:
    document: dict[str, Any] = json.loads(body)
    yield from (prefix["ip_prefix"] for prefix in document["prefixes"])
    yield from (prefix["ipv6_prefix"] for prefix in document["ipv6_prefixes"])


def _oracle(body: bytes) -> Iterator[str]:
    for region in json.loads(body)["regions"]:
        yield from (block["cidr"] for block in region["cidrs"])


def _vultr(body: bytes) -> Iterator[str]:
    yield from (subnet["ip_prefix"] for subnet in json.loads(body)["subnets"])


def _microsoft(body: bytes) -> Iterator[str]:
    for tag in json.loads(body)["values"]:
        if tag["name"] == "AzureCloud":
            yield from tag["properties"]["addressPrefixes"]


_HOSTING = NetworkKind.HOSTING
LISTS = (
    # Their order decides between equal blocks: the relay's blocks are in its carriers' lists as well.
    OperatorList("apple", "Apple", NetworkKind.APPLE_RELAY, ("apple_url",), _first_column),
    OperatorList("google-cloud", "Google Cloud", _HOSTING, ("google_cloud_url",), _google),
    OperatorList("google", "Google", NetworkKind.GOOGLE, ("google_url",), _google),
    OperatorList("microsoft", "Microsoft", NetworkKind.MICROSOFT, ("microsoft_url",), _microsoft),
    OperatorList("amazon", "Amazon Web Services", _HOSTING, ("amazon_url",), _amazon),
    OperatorList("cloudflare", "Cloudflare", _HOSTING, ("cloudflare_v4_url", "cloudflare_v6_url"), _lines),
    OperatorList("digitalocean", "DigitalOcean", _HOSTING, ("digitalocean_url",), _first_column),
    OperatorList("linode", "Akamai Cloud (Linode)", _HOSTING, ("linode_url",), _first_column),
    OperatorList("oracle", "Oracle Cloud", _HOSTING, ("oracle_url",), _oracle),
    OperatorList("vultr", "Vultr", _HOSTING, ("vultr_url",), _vultr),
)
"""Every list that is fetched. Google's own list holds its cloud's customers too: their list is asked first."""
