"""Quoted-printable (RFC 2045, 6.7) edited in place: only the lines that an edit touches are encoded anew."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from core.instrument.splice import ByteEdit

# Room for one escape at the start of a line and the soft break at its end, within 76.
_CHUNK: Final = 73
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")
_BYTES: Final = {f"{byte:02X}".encode(): bytes((byte,)) for byte in range(256)}
_ESCAPED: Final = {bytes((byte,)): f"={byte:02X}".encode() for byte in range(256)}
# Starts of lines that something on the way might read: a boundary, an mbox separator, SMTP's end of data.
_RISKY_STARTS: Final = (b"--", b"From ", b".")


class QuotedPrintable:
    """A body as its lines, each with what it decodes to."""

    def __init__(self, body: bytes) -> None:
        self._lines = body.split(b"\n")
        self._contents: list[bytes] = []
        self._ends: list[bytes] = []
        self._starts: list[int] = []
        position = 0
        last = len(self._lines) - 1
        for index, line in enumerate(self._lines):
            content, end, shown = _read_line(line, is_last=index == last)
            self._contents.append(content)
            self._ends.append(end)
            self._starts.append(position)
            position += len(content) + shown
        self.data = b"".join(
            content + (b"" if end.startswith(b"=") else end)
            for content, end in zip(self._contents, self._ends, strict=True)
        )

    def splice(self, edits: Sequence[ByteEdit], eol: bytes) -> bytes:
        """Return the body with edits (sorted, apart from each other) of its decoded bytes."""
        out: list[bytes] = []
        done = 0
        index = 0
        while index < len(edits):
            first, last, used = self._group(edits, index)
            out += (self._original(line) for line in range(done, first))
            out.append(self._encode_group(first, last, edits[index:used], eol))
            done, index = last + 1, used
        out += (self._original(line) for line in range(done, len(self._lines)))
        return b"".join(out)

    def _original(self, line: int) -> bytes:
        return self._lines[line] + (b"\n" if line < len(self._lines) - 1 else b"")

    def _group(self, edits: Sequence[ByteEdit], index: int) -> tuple[int, int, int]:
        """Return the first and last line that this edit and those sharing its lines touch, and the next edit."""
        first = self._line_at(edits[index].start)
        last = max(first, self._line_at(edits[index].end))
        index += 1
        while index < len(edits) and self._line_at(edits[index].start) <= last:
            last = max(last, self._line_at(edits[index].end))
            index += 1
        return first, last, index

    def _line_at(self, position: int) -> int:
        return bisect_right(self._starts, position) - 1

    def _encode_group(self, first: int, last: int, edits: Sequence[ByteEdit], eol: bytes) -> bytes:
        """Encode the lines anew; line ends inside the group are kept as they are unless an edit covers them."""
        out: list[bytes] = []
        pending: list[bytes] = []
        index = 0
        skip_to = self._starts[first]
        for line in range(first, last + 1):
            start, content, end = self._starts[line], self._contents[line], self._ends[line]
            stop = start + len(content)
            position = max(start, skip_to)
            while index < len(edits) and edits[index].start <= stop:
                pending += content[position - start : edits[index].start - start], edits[index].replacement
                position = skip_to = edits[index].end
                index += 1
            pending.append(content[position - start :])
            soft = end.startswith(b"=")
            if skip_to <= stop and not (soft and line < last):
                out += encode_line(b"".join(pending), eol, soft=soft), (b"" if soft else end)
                pending = []
        return b"".join(out)


def _read_line(line: bytes, *, is_last: bool) -> tuple[bytes, bytes, int]:
    """Return what a line decodes to, its end (a soft one begins with `=`), and how long its end is in the text."""
    bare = line.removesuffix(b"\r")
    end = b"" if is_last else line[len(bare) :] + b"\n"
    if is_last:
        bare = line
    stripped = bare.rstrip(b" \t\r")
    soft = stripped.endswith(b"=")
    if soft:
        bare, end = stripped[:-1], b"=" + end
    content = _ESCAPE.sub(_unescape, bare) if b"=" in bare else bare
    return content, end, 0 if soft else len(end)


def _unescape(match: re.Match[bytes]) -> bytes:
    return _BYTES[match.group(1).upper()]


def encode_line(content: bytes, eol: bytes, *, soft: bool) -> bytes:
    """Encode one line of any length with soft breaks; without its own end unless that is soft, too."""
    if not content:
        return b""
    escaped = _UNSAFE.sub(lambda match: _ESCAPED[match.group()], content)
    if escaped[-1:] in (b" ", b"\t") and not soft:
        escaped = escaped[:-1] + _ESCAPED[escaped[-1:]]
    chunks: list[bytes] = []
    position = 0
    while position < len(escaped):
        end = _chunk_end(escaped, position)
        chunk = escaped[position:end]
        if chunk.startswith(_RISKY_STARTS):
            chunk = _ESCAPED[chunk[:1]] + chunk[1:]
        chunks.append(chunk)
        position = end
    return (b"=" + eol).join(chunks) + (b"=" + eol if soft else b"")


def _chunk_end(escaped: bytes, position: int) -> int:
    end = position + _CHUNK
    if end < len(escaped):
        for back in (1, 2):
            if escaped[end - back : end - back + 1] == b"=":
                return end - back
    return end


def encode_body(data: bytes, eol: bytes) -> bytes:
    """Encode a whole body; only this message's own line ending is a line break, any other is escaped."""
    return eol.join(encode_line(line, eol, soft=False) for line in data.split(eol))
