"""Encoded words in header fields (RFC 2047). Takes linear time and never fails: what is odd stays as it stands."""

from __future__ import annotations

import binascii
import re

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*+)\?=")
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(text: str) -> str:
    """Decode encoded words. Blanks between two of them vanish; neighbours in one charset are decoded together."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, charset, position = b"", "", 0
    for match in _WORD.finditer(text):
        label = match.group(1).partition("*")[0].lower()
        between = text[position : match.start()]
        adjoins = bool(charset) and not between.strip()
        if not adjoins or label != charset:
            out += _decode(pending, charset), "" if adjoins else between
            pending = b""
        pending += _decode_bytes(match.group(2), match.group(3))
        charset, position = label, match.end()
    return "".join([*out, _decode(pending, charset), text[position:]])


def _decode_bytes(kind: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    if kind in "qQ":
        return _ESCAPE.sub(lambda match: binascii.unhexlify(match.group(1)), raw.replace(b"_", b" "))
    bare = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))


def _decode(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset or "ascii", "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")
