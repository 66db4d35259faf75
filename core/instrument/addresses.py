"""Address lists of header fields (RFC 5322, 3.4), read leniently, in linear time and without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.instrument.encoded_words import decode_words

# A quoted string (an unclosed one lasts to the end), an address in angle brackets, a separator, or other text, where
# an encoded word is one piece: careless senders leave commas in it.
_PIECE = re.compile(
    r"""("(?:[^"\\]|\\.)*"?)|(<[^<>]*+>)|([,;:()])|(=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*+\?=|\\.|[^"<,;:()\\=]+|.)""",
    re.DOTALL,
)
_ADDRESS = re.compile(
    r"[^\s@<>,;\"\x00-\x20\x7f]+@[^\s@<>,;\"\x00-\x20\x7f]+|\"[^\"\x00-\x1f\x7f]*\"@[^\s@<>,;\"\x00-\x20\x7f]+"
)
_MAX_ADDRESS = 320


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the display name beside it, empty if there is none."""

    address: str
    name: str


def parse_addresses(text: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of an address list in order; groups are dissolved, what is no address is left out."""
    found = (_mailbox(pieces) for pieces in _split(text))
    return tuple(mailbox for mailbox in found if mailbox is not None)


def _split(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the pieces of each list entry as (kind, text), comments dropped."""
    pieces: list[tuple[str, str]] = []
    depth = 0
    for match in _PIECE.finditer(text):
        quoted, angle, mark, other = match.groups()
        if mark in ("(", ")"):
            depth = max(0, depth + (1 if mark == "(" else -1))
        elif depth:
            continue
        elif mark == ":":
            pieces = []
        elif mark:
            yield pieces
            pieces = []
        else:
            pieces.append(("quoted", quoted) if quoted else ("angle", angle) if angle else ("text", other))
    yield pieces


def _mailbox(pieces: list[tuple[str, str]]) -> Mailbox | None:
    angle = next((text for kind, text in pieces if kind == "angle"), None)
    if angle is None:
        address, words = "".join(text for _, text in pieces).strip(), []
    else:
        # An obsolete source route stands before the address (RFC 5322, 4.4).
        address = angle[1:-1].rpartition(":")[2].strip()
        words = [_unquote(text) if kind == "quoted" else text for kind, text in pieces if kind != "angle"]
    if len(address) > _MAX_ADDRESS or _ADDRESS.fullmatch(address) is None:
        return None
    name = " ".join(decode_words("".join(words)).split())
    return Mailbox(address, name)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'), flags=re.DOTALL)
