"""The MIME structure of a message (RFC 2046) as positions in its bytes. Embedded messages are leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.instrument.headers import Field, HeaderBlock, parse_parameters, scan_headers

MAX_DEPTH: Final = 30
MAX_PARTS: Final = 1_000
_TOKEN = re.compile(r"[a-z0-9-]*")


class TooComplexError(Exception):
    """More parts, levels or header fields than any real mail has."""


@dataclass(frozen=True, slots=True)
class Part:
    """One entity: its header block, the bounds of its body, and what its header says of it."""

    header: HeaderBlock
    body_end: int
    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str | None
    children: tuple[Part, ...]

    @property
    def body_start(self) -> int:
        """Where the body starts."""
        return self.header.body_start

    @property
    def encoding_field(self) -> Field | None:
        """The Content-Transfer-Encoding field, if there is one."""
        return self.header.first("content-transfer-encoding")

    @property
    def encoding(self) -> str:
        """The transfer encoding in lower case; `7bit` where none is named."""
        field = self.encoding_field
        if field is None:
            return "7bit"
        match = _TOKEN.match(field.text.lower().lstrip(' "'))
        return (match.group() if match else "") or "7bit"

    def walk(self) -> Iterator[Part]:
        """Yield this part and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse_structure(raw: bytes) -> Part:
    """Return the message's root part. Raises TooComplexError beyond the limits above."""
    return _Scanner(raw).part(0, len(raw), depth=0, default="text/plain")


class _Scanner:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts = 0

    def part(self, start: int, end: int, *, depth: int, default: str) -> Part:
        self._parts += 1
        header = scan_headers(self._raw, start, end)
        if self._parts > MAX_PARTS or depth > MAX_DEPTH or header.cut:
            raise TooComplexError
        content_type, parameters = _parse_field(header, "content-type")
        disposition, details = _parse_field(header, "content-disposition")
        if "/" not in content_type:
            content_type = default
        children: tuple[Part, ...] = ()
        boundary = parameters.get("boundary", "").rstrip()
        if content_type.startswith("multipart/") and boundary:
            inner = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
            children = tuple(
                self.part(child_start, child_end, depth=depth + 1, default=inner)
                for child_start, child_end in self._split(header.body_start, end, boundary)
            )
        filename = details.get("filename", parameters.get("name"))
        return Part(header, end, content_type, parameters, disposition, filename, children)

    def _split(self, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
        """Return the bounds of the parts. The line end before a delimiter belongs to it (RFC 2046, 5.1.1)."""
        raw = self._raw
        needle = re.escape(b"\n--" + boundary.encode("utf-8", "surrogateescape"))
        delimiter = re.compile(needle + rb"(--)?[ \t]*+(?=\r?\n|\r?\Z)")
        bounds: list[tuple[int, int]] = []
        opened: int | None = None
        for match in delimiter.finditer(raw, max(start - 1, 0), end):
            if opened is not None:
                before = match.start() - (raw[match.start() - 1 : match.start()] == b"\r")
                bounds.append((opened, max(before, opened)))
            if len(bounds) > MAX_PARTS:
                raise TooComplexError
            newline = raw.find(b"\n", match.end(), end)
            opened = newline + 1 if newline >= 0 else end
            if match.group(1):
                return bounds
        if opened is not None:
            bounds.append((min(opened, end), end))
        return bounds


def _parse_field(header: HeaderBlock, name: str) -> tuple[str, dict[str, str]]:
    field = header.first(name)
    return parse_parameters(field.text) if field is not None else ("", {})
