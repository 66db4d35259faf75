"""RFC 5322 header blocks and RFC 2045/2231 parameters, with the position of every field. Never fails on odd bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

# More than any real mail: 10,000 recipients take some 400 kB.
MAX_HEADER_BYTES: Final = 1_048_576
MAX_FIELDS: Final = 5_000
_MAX_STRUCTURED: Final = 4_096
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)|([^;\s]*))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: `name` in lower case, the unfolded `raw` value, and its place (`end` behind its line end)."""

    name: str
    raw: bytes
    start: int
    value_start: int
    end: int

    @property
    def text(self) -> str:
        """The value as text: UTF-8 (RFC 6532), else Latin-1, which takes any byte."""
        try:
            return self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return self.raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """The fields in order, where the body starts, and the line ending in use; `cut` when a limit was met."""

    fields: tuple[Field, ...]
    fields_end: int
    body_start: int
    eol: bytes
    cut: bool

    def first(self, name: str) -> Field | None:
        """Return the first field of this lower-case name."""
        return next((field for field in self.fields if field.name == name), None)


def scan_headers(raw: bytes, start: int, end: int) -> HeaderBlock:
    """Read the header block at a position. As mail programs do, it ends at a line that is no field, blank or not."""
    fields: list[Field] = []
    lines: list[tuple[int, int, re.Match[bytes]]] = []
    position = _skip_mbox_line(raw, start, end)
    fields_end = body_start = position
    while position < end and position - start < MAX_HEADER_BYTES and len(lines) < MAX_FIELDS:
        line_end = raw.find(b"\n", position, end) + 1 or end
        match = _FIELD.match(raw, position, line_end)
        if raw[position] in b" \t" and lines:
            first, _, name = lines[-1]
            lines[-1] = first, line_end, name
        elif match is not None:
            lines.append((position, line_end, match))
        else:
            break
        position = fields_end = body_start = line_end
    else:
        line_end = position
    if raw[position:line_end].strip(b"\r\n") == b"":
        body_start = line_end
    fields = [_field(raw, *line) for line in lines]
    cut = position - start >= MAX_HEADER_BYTES or len(lines) >= MAX_FIELDS
    return HeaderBlock(tuple(fields), fields_end, body_start, _line_ending(raw, start, end), cut)


def _skip_mbox_line(raw: bytes, start: int, end: int) -> int:
    if start == 0 and raw.startswith(b"From "):
        return raw.find(b"\n", start, end) + 1 or end
    return start


def _field(raw: bytes, start: int, end: int, match: re.Match[bytes]) -> Field:
    value = _FOLD.sub(b"", raw[match.end() : end]).strip(b" \t\r\n")
    return Field(match.group(1).decode("ascii").lower(), value, start, match.end(), end)


def _line_ending(raw: bytes, start: int, end: int) -> bytes:
    newline = raw.find(b"\n", start, end)
    return b"\n" if newline >= 0 and raw[newline - 1 : newline] != b"\r" else b"\r\n"


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split a Content-Type or Content-Disposition into its lower-case value and parameters (RFC 2045, 2231)."""
    value = value[:_MAX_STRUCTURED]
    words = value.partition(";")[0].partition("(")[0].split()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, str]]] = {}
    for match in _PARAMETER.finditer(value):
        name, quoted, bare = match.group(1, 2, 3)
        text = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else bare
        base, star, number = name.lower().partition("*")
        if star:
            pieces.setdefault(base, []).append(_extended_piece(number, text))
        else:
            plain.setdefault(base, text)
    joined = {name: "".join(text for _, text in sorted(parts)) for name, parts in pieces.items()}
    return (words[0].lower() if words else ""), joined | plain


def _extended_piece(number: str, text: str) -> tuple[int, str]:
    digits = number.rstrip("*")
    index = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0
    if number.endswith("*") or number == "":
        if index == 0 and text.count("'") >= 2:
            text = text.split("'", 2)[2]
        text = unquote_to_bytes(text).decode("utf-8", "replace")
    return index, text
