"""A file of address ranges and what each is: mapped into memory, answering in microseconds. Owns the format.

Ranges are flat (no two overlap) and sorted; gaps carry the label 0. A file holds, in this order: 8 bytes of magic,
the header's length, the header (JSON), and the sections that the header names, each aligned to 8 bytes:
starts and labels of IPv4, high and low halves of the starts and labels of IPv6, offsets of the labels, the labels
(JSON arrays). Numbers are in the machine's own order: the file is made where it is used.
"""

from __future__ import annotations

import json
import mmap
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Literal

from core.enrich.addresses import Address

MAGIC = b"MPRANGE1"
SECTIONS: tuple[tuple[str, Literal["I", "Q", "B"]], ...] = (
    ("v4_starts", "I"),
    ("v4_labels", "I"),
    ("v6_high", "Q"),
    ("v6_low", "Q"),
    ("v6_labels", "I"),
    ("offsets", "I"),
    ("labels", "B"),
)
"""The sections of a file in their order, with their item types as `array` and `memoryview` name them."""

_LOW = (1 << 64) - 1

Label = tuple[str | int | None, ...]


class RangesError(ValueError):
    """A file is not one of ranges, or is cut short."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The flat ranges of both families. `labels[i - 1]` is what the label number `i` stands for."""

    v4_starts: Sequence[int]
    v4_labels: Sequence[int]
    v6_high: Sequence[int]
    v6_low: Sequence[int]
    v6_labels: Sequence[int]


class Ranges:
    """Answers what range an address is in, from mapped columns."""

    def __init__(
        self, columns: Columns, offsets: Sequence[int], labels: bytes | memoryview, about: Mapping[str, Any]
    ) -> None:
        self._columns = columns
        self._offsets = offsets
        self._labels = labels
        self.about = about

    @classmethod
    def open(cls, path: Path) -> Ranges:
        """Map the file at `path`. Raises `RangesError` when it is broken, `OSError` when it cannot be read."""
        with path.open("rb") as file:
            try:
                view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            except ValueError as error:
                raise RangesError("the file is empty") from error
        return cls._read(view)

    @classmethod
    def _read(cls, view: memoryview) -> Ranges:
        if bytes(view[:8]) != MAGIC:
            raise RangesError("this is not a file of address ranges")
        try:
            size = int.from_bytes(view[8:16], "little")
            header: dict[str, Any] = json.loads(bytes(view[16 : 16 + size]))
            if header["byteorder"] != sys.byteorder:
                raise RangesError("the file was made on another kind of machine; run `mailerplex geoip update`")
            parts = {name: view[a:b].cast(code) for (name, code), (a, b) in zip(SECTIONS, header["at"], strict=True)}
        except (ValueError, KeyError, TypeError) as error:
            raise error if isinstance(error, RangesError) else RangesError("the file is damaged") from error
        if len(view) != header["size"]:
            raise RangesError("the file is cut short")
        offsets, labels = parts.pop("offsets"), parts.pop("labels")
        return cls(Columns(**parts), offsets, labels, header["about"])

    def __len__(self) -> int:
        return len(self._columns.v4_starts) + len(self._columns.v6_high)

    def find(self, address: Address) -> Label | None:
        """Return the label of the range that holds `address`, or None."""
        number = self._find_v4(int(address)) if isinstance(address, IPv4Address) else self._find_v6(int(address))
        if not number:
            return None
        return tuple(json.loads(bytes(self._labels[self._offsets[number - 1] : self._offsets[number]])))

    def is_same_within(self, block: int) -> bool:
        """Say whether all 256 addresses of an IPv4 /24, given by its first, are in one range or gap."""
        starts = self._columns.v4_starts
        return bisect_right(starts, block) == bisect_right(starts, block + 255)

    def _find_v4(self, value: int) -> int:
        columns = self._columns
        at = bisect_right(columns.v4_starts, value) - 1
        return columns.v4_labels[at] if at >= 0 else 0

    def _find_v6(self, value: int) -> int:
        columns = self._columns
        high, low = value >> 64, value & _LOW
        end = bisect_right(columns.v6_high, high)
        begin = bisect_left(columns.v6_high, high, 0, end)
        at = bisect_right(columns.v6_low, low, begin, end) - 1
        return columns.v6_labels[at] if at >= 0 else 0
