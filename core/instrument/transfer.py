"""Transfer encodings: what a part's body decodes to, and that body with edits, as little encoded anew as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.instrument.quoted_printable import QuotedPrintable, encode_body
from core.instrument.splice import ByteEdit, decode_base64, encode_base64, has_long_line, splice

_IDENTITY = frozenset(("7bit", "8bit", "binary"))


@dataclass(frozen=True, slots=True)
class Content:
    """A part's body, decoded."""

    data: bytes
    _body: bytes
    _encoding: str
    _lines: QuotedPrintable | None

    def encode(self, edits: Sequence[ByteEdit], eol: bytes) -> tuple[bytes, bool]:
        """Return the body with edits, and whether it is quoted-printable now and was not before.

        That is so only when a line would get too long for SMTP.
        """
        if self._lines is not None:
            return self._lines.splice(edits, eol), False
        edited = splice(self.data, edits)
        if self._encoding == "base64":
            return encode_base64(edited, self._body, eol), False
        return (encode_body(edited, eol), True) if has_long_line(edited) else (edited, False)


def decode_content(body: bytes, encoding: str) -> Content | None:
    """Decode a body; None if the encoding is unknown or broken."""
    if encoding == "quoted-printable":
        lines = QuotedPrintable(body)
        return Content(lines.data, body, encoding, lines)
    data = decode_base64(body) if encoding == "base64" else body if encoding in _IDENTITY else None
    return Content(data, body, encoding, None) if data is not None else None
