"""Makes files of address ranges from CIDRs or ranges that may nest and overlap: the most specific one wins."""

from __future__ import annotations

import heapq
import json
import os
import sys
from array import array
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from core.enrich.ranges import MAGIC, SECTIONS, Columns, Label, Ranges

_Span = tuple[int, int, int, int]  # first address, size, rank, label number
_LOW = (1 << 64) - 1
_TOP = {4: 1 << 32, 6: 1 << 128}


class RangesBuilder:
    """Collects ranges; `build` answers from memory, `write` makes the file.

    Where two ranges of one size compete, the lower `rank` wins, then the one that was added first.
    """

    def __init__(self) -> None:
        self._spans: dict[int, list[_Span]] = {4: [], 6: []}
        self._numbers: dict[Label, int] = {}

    def add_network(self, network: IPv4Network | IPv6Network, label: Label, rank: int = 0) -> None:
        """Add one CIDR block."""
        self.add(network.version, int(network.network_address), int(network.broadcast_address), label, rank)

    def add(self, version: int, first: int, last: int, label: Label, rank: int = 0) -> None:
        """Add the addresses from `first` to `last`, both included, of IP `version` 4 or 6. Raises ValueError."""
        if not 0 <= first <= last < _TOP[version]:
            raise ValueError("a range ends before it starts, or lies outside its address family")
        number = self._numbers.setdefault(label, len(self._numbers) + 1)
        self._spans[version].append((first, last - first + 1, rank, number))

    def build(self) -> Ranges:
        """Return the ranges as they would be read from a file."""
        offsets, labels = self._labels()
        return Ranges(self._columns(), offsets, labels, {})

    def write(self, path: Path, about: Mapping[str, Any]) -> None:
        """Write the file at `path` (not atomically: hand in a temporary name). `about` is kept in its header."""
        columns = self._columns()
        offsets, labels = self._labels()
        values = [*(getattr(columns, name) for name, _ in SECTIONS[:5]), offsets, labels]
        _write(path, [bytes(value) for value in values], about)

    def _columns(self) -> Columns:
        v4_starts, v4_labels = _flatten(self._spans[4], _TOP[4])
        v6_starts, v6_labels = _flatten(self._spans[6], _TOP[6])
        return Columns(
            array("I", v4_starts),
            array("I", v4_labels),
            array("Q", [start >> 64 for start in v6_starts]),
            array("Q", [start & _LOW for start in v6_starts]),
            array("I", v6_labels),
        )

    def _labels(self) -> tuple[array[int], bytes]:
        texts = [json.dumps(label, ensure_ascii=False).encode() for label in self._numbers]
        offsets = array("I", [0])
        for text in texts:
            offsets.append(offsets[-1] + len(text))
        return offsets, b"".join(texts)


def _flatten(spans: list[_Span], top: int) -> tuple[list[int], list[int]]:
    """Cut overlapping spans into sorted starts and the label from each start on (0 where none)."""
    starts: list[int] = []
    labels: list[int] = []
    active: list[tuple[int, int, int, int, int]] = []  # size, rank, order, end, label: the best is on top

    def emit(start: int, label: int) -> None:
        if starts and starts[-1] == start:
            starts.pop()
            labels.pop()
        if (labels[-1] if labels else 0) != label:
            starts.append(start)
            labels.append(label)

    def advance(limit: int) -> None:
        """Let go of the spans that end up to `limit`, showing what lies beneath each."""
        while active and active[0][3] <= limit:
            end = heapq.heappop(active)[3]
            while active and active[0][3] <= end:
                heapq.heappop(active)
            if end < top:
                emit(end, active[0][4] if active else 0)

    for order, (first, size, rank, label) in sorted(enumerate(spans), key=lambda item: item[1][0]):
        advance(first)
        heapq.heappush(active, (size, rank, order, first + size, label))
        emit(first, active[0][4])
    advance(top)
    return starts, labels


def _write(path: Path, sections: list[bytes], about: Mapping[str, Any]) -> None:
    # The header holds places that depend on its own length: it gets a fixed room, padded with blanks.
    room = 16 + (len(json.dumps(dict(about))) + 512 + 7) // 8 * 8
    places = []
    at = room
    for section in sections:
        places.append((at, at + len(section)))
        at += (len(section) + 7) // 8 * 8
    header = {"byteorder": sys.byteorder, "at": places, "size": at, "about": dict(about)}
    text = json.dumps(header).encode().ljust(room - 16)
    if len(text) != room - 16:
        raise ValueError("the header is longer than its room")
    with path.open("wb") as file:
        file.write(MAGIC + len(text).to_bytes(8, "little") + text)
        for section in sections:
            file.write(section.ljust((len(section) + 7) // 8 * 8, b"\0"))
        file.flush()
        os.fsync(file.fileno())
