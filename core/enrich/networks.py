"""What kind of network an address belongs to. The answer is evidence for judging, and decides whether a place is shown.

Asked in this order: addresses that are nobody's on the Internet, the operators' lists that `geoip update` fetched, a
built-in table of blocks, the autonomous system. "Hosting" is the weakest of these: much is hosted, so a block or a
system that names a security vendor or a gateway overrules it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from core.enrich import operators
from core.enrich.addresses import Address, parse_address
from core.enrich.ranges import Label, Ranges
from core.enrich.ranges_builder import RangesBuilder
from core.enrich.systems import System
from core.enrich.watched import Watched
from core.signal.evidence import Network, NetworkKind

RANGES_FILE = "networks.ranges"

_Known = tuple[NetworkKind, str | None]
_STRONGER_THAN_HOSTING = (NetworkKind.SECURITY, NetworkKind.GATEWAY)


class Networks:
    """Tells the kind of an address's network, from `file` (operators' lists), built-in tables, and `asn`."""

    def __init__(self, file: Path | None = None, asn: Callable[[Address], System | None] | None = None) -> None:
        self._lists = Watched(file, Ranges.open) if file else None
        self._asn = asn

    def classify(self, address: Address | str) -> Network:
        """Return the network of an address; of the kind UNKNOWN when nothing is known, or the text is no address."""
        parsed = parse_address(address) if isinstance(address, str) else address
        if parsed is None:
            return Network()
        built_in = _known(_built_in().find(parsed))
        if built_in and built_in[0] is NetworkKind.PRIVATE:
            return Network(NetworkKind.PRIVATE)
        system = self._asn(parsed) if self._asn else None
        candidates = [known for known in (self._listed(parsed), built_in, _of_system(system)) if known]
        kind, operator = _choose(candidates)
        return Network(kind, system[0] if system else None, operator or (system[1] if system else None))

    def is_same_within(self, block: int) -> bool:
        """Say whether the lists tell all 256 addresses of an IPv4 /24, given by its first, alike."""
        lists = self.lists
        return _built_in().is_same_within(block) and (lists is None or lists.is_same_within(block))

    def refresh(self) -> bool:
        """Take up the operators' lists again if they changed. Say whether they did."""
        return self._lists is not None and self._lists.refresh()

    @property
    def lists(self) -> Ranges | None:
        """The operators' lists, when there are any."""
        return self._lists.data if self._lists else None

    def _listed(self, address: Address) -> _Known | None:
        lists = self.lists
        return _known(lists.find(address)) if lists else None


def _choose(candidates: list[_Known]) -> _Known:
    """Take the first candidate, unless it is mere hosting and a later one knows better."""
    if not candidates:
        return NetworkKind.UNKNOWN, None
    if candidates[0][0] is NetworkKind.HOSTING:
        return next((known for known in candidates if known[0] in _STRONGER_THAN_HOSTING), candidates[0])
    return candidates[0]


def _known(label: Label | None) -> _Known | None:
    """Read a label of a ranges file: the kind and the operator."""
    if label is None:
        return None
    kind, operator = label[0], label[1] if len(label) > 1 else None
    try:
        return NetworkKind(str(kind)), str(operator) if operator else None
    except ValueError:
        return None  # a kind that another version of this program wrote


def _of_system(system: System | None) -> _Known | None:
    if system is None:
        return None
    return _systems().get(system[0]) or (NetworkKind.ACCESS, None)


@cache
def _systems() -> dict[int, _Known]:
    return {
        number: (kind, operator)
        for kind, named in operators.SYSTEMS.items()
        for operator, numbers in named.items()
        for number in numbers
    }


@cache
def _built_in() -> Ranges:
    builder = RangesBuilder()
    for block in operators.SPECIAL_PURPOSE:
        builder.add_network(ip_network(block), (NetworkKind.PRIVATE.value, None))
    for kind, named in operators.BLOCKS.items():
        for operator, blocks in named.items():
            for block in blocks:
                builder.add_network(ip_network(block), (kind.value, operator))
    return builder.build()
