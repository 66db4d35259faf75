"""Character references in HTML attribute values: decoding as the HTML Standard does, and escaping.

`html.unescape` follows the rules for text; in an attribute `&copy=1` and `&copyx` stay as they are
(HTML Standard, 13.2.5.73 "Named character reference state").
"""

from __future__ import annotations

import html
import re
from html.entities import html5

_REFERENCE = re.compile(r"&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+);?|([A-Za-z][A-Za-z0-9]*)(;|=)?)")
_LONGEST_NAME = max(map(len, html5))


def decode_attribute(value: str) -> str:
    """Decode the character references of an attribute's value."""
    return _REFERENCE.sub(_decode_one, value) if "&" in value else value


def _decode_one(match: re.Match[str]) -> str:
    whole, name, after = match.group(0, 1, 2)
    if name is None:
        return html.unescape(whole if len(whole) < 16 else "&#xFFFD;")
    if len(name) > _LONGEST_NAME or after == "=":
        return whole
    return html5.get(name + (after or ""), whole)


def escape_attribute(value: str) -> str:
    """Escape a value for any quoted attribute, in ASCII alone: it fits into text of any charset."""
    escaped = html.escape(value, quote=True)
    return escaped if escaped.isascii() else escaped.encode("ascii", "xmlcharrefreplace").decode("ascii")
