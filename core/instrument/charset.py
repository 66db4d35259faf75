"""Character sets, seen so that HTML in any of them can be edited in place, whatever is wrong with its bytes.

A `Skeleton` is text with one character for each code unit of the bytes, so positions carry over. ASCII stays
visible, the rest is opaque: in no charset that browsers read does a byte of `<`, `>`, `=`, a quote or a blank occur
inside another character, but for the shifting ones (ISO-2022, HZ), whose shifted stretches are masked.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

_SHIFTED: Final = {
    "iso2022_jp": re.compile(rb"\x1b(?:\$\(?[@A-Z]|\(I)[^\x1b]*+"),
    "iso2022_kr": re.compile(rb"\x0e[^\x0f\n]*+"),
    "hz": re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e])*"),
}
_MASK: Final = bytes.maketrans(bytes(range(0x80)), b"\x80" * 0x80)
_ASCII: Final = bytes(range(0x20, 0x7F))
_WIDTHS: Final = {"utf-16": 2, "utf-32": 4}
_BYTE_ORDER_MARKS: Final = {
    codecs.BOM_UTF16_LE: "le",
    codecs.BOM_UTF16_BE: "be",
    codecs.BOM_UTF32_LE: "le",
    codecs.BOM_UTF32_BE: "be",
}
# What browsers read where these labels stand (Encoding Standard).
_SUPERSETS: Final = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
}
# Codecs of Python that are no charset of any mail.
_NO_CHARSETS: Final = frozenset(
    ("unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem")
)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A part as code units. `start` is behind a byte order mark; `can_append`: ASCII may follow the end."""

    data: bytes
    text: str
    codec: str
    width: int
    start: int
    can_append: bool

    def denote(self, start: int, end: int) -> str:
        """Decode the characters between two positions; what cannot be decoded becomes U+FFFD, as in browsers."""
        return self.data[start * self.width : end * self.width].decode(self.codec, "replace")

    def encode(self, ascii_text: str) -> bytes:
        """Encode ASCII text for this part."""
        return ascii_text.encode(self.codec if self.width > 1 else "ascii")


def read_charset(data: bytes, label: str | None) -> Skeleton | None:
    """Return the skeleton of an HTML part, None if its charset is one in which ASCII is not ASCII (UTF-7, EBCDIC)."""
    codec = _codec_of(data, label)
    if codec[:6] in _WIDTHS:
        return _wide(data, codec)
    if codec not in _SHIFTED and _ASCII.decode(codec, "replace") != _ASCII.decode():
        return None
    text, can_append = _mask_shifted(data, codec)
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    return Skeleton(data, text.decode("latin-1"), codec, 1, start, can_append)


def _codec_of(data: bytes, label: str | None) -> str:
    try:
        name = codecs.lookup((label or "").strip("'\" ")).name
        if name == "ascii" or name.replace("-", "_") in _NO_CHARSETS:
            return _guess(data)
        b"text".decode(name, "replace")
    except (LookupError, ValueError):
        return _guess(data)
    return _SUPERSETS.get(name, name)


def _guess(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _mask_shifted(data: bytes, codec: str) -> tuple[bytes, bool]:
    pattern = _SHIFTED.get("iso2022_jp" if codec.startswith("iso2022_jp") else codec)
    if pattern is None:
        return data, True
    pieces: list[bytes] = []
    position = shifted_to = 0
    for match in pattern.finditer(data):
        pieces += data[position : match.start()], match.group().translate(_MASK)
        position = shifted_to = match.end()
    return b"".join([*pieces, data[position:]]), not data or shifted_to < len(data)


def _wide(data: bytes, codec: str) -> Skeleton:
    """Build the skeleton of UTF-16 or UTF-32, in which all beyond Latin-1 is opaque."""
    width = _WIDTHS[codec[:6]]
    order = _BYTE_ORDER_MARKS.get(data[:width])
    start = 0 if order is None else 1
    if codec in _WIDTHS:
        codec = f"{codec}-{order or ('be' if data[:1] == bytes(1) else 'le')}"
    whole = len(data) - len(data) % width
    low = 0 if codec.endswith("le") else width - 1
    units = bytearray(data[low:whole:width])
    for offset in set(range(width)) - {low}:
        for match in re.finditer(rb"[^\0]", data[offset:whole:width]):
            units[match.start()] = 0x80
    return Skeleton(data, units.decode("latin-1"), codec, width, start, whole == len(data))
