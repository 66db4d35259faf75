"""Edits of bytes, and the two transfer encodings that are edited as a whole (RFC 2045): identity and base64."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

MAX_LINE_OCTETS: Final = 998
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


class ByteEdit(NamedTuple):
    """Replace the bytes from `start` to `end`."""

    start: int
    end: int
    replacement: bytes


def splice(data: bytes, edits: Sequence[ByteEdit]) -> bytes:
    """Return data with edits that are sorted and apart from each other."""
    pieces: list[bytes] = []
    position = 0
    for edit in edits:
        pieces += data[position : edit.start], edit.replacement
        position = edit.end
    return b"".join([*pieces, data[position:]])


def has_long_line(data: bytes) -> bool:
    """Say whether a line exceeds what SMTP carries (RFC 5322, 2.1.1: 998 octets without the line end)."""
    return any(len(line.removesuffix(b"\r")) > MAX_LINE_OCTETS for line in data.split(b"\n"))


def decode_base64(body: bytes) -> bytes | None:
    """Decode as mail programs do (foreign characters ignored, padding optional), None if it is broken otherwise."""
    letters = _NOT_BASE64.sub(b"", body)
    bare = letters.rstrip(b"=")
    if b"=" in bare or len(bare) % 4 == 1:
        return None
    return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))


def encode_base64(data: bytes, like: bytes, eol: bytes) -> bytes:
    """Encode with the line length of another body, and end as that one does."""
    width = len(like.partition(b"\n")[0].rstrip())
    if width % 4 or not 4 <= width <= 76:
        width = 76
    letters = binascii.b2a_base64(data, newline=False)
    lines = [letters[start : start + width] for start in range(0, len(letters), width)]
    return eol.join(lines) + like[len(like.rstrip(b"\r\n")) :]
