"""The pixel's markup, and where in a letter it may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.instrument.references import escape_attribute
from core.instrument.tokenizer import Kind, tokenize

# Gmail cuts a message at about 102 kB of HTML and does not load what stands behind the cut.
CLIP_BYTES: Final = 90_000
BLANKS: Final = "\t\n\f\r "
_RAW_HEAD: Final = frozenset(("title", "style", "script"))
_HEAD: Final = frozenset(("html", "head", "meta", "base", "link"))


def build_pixel(url: str) -> str:
    """Return the pixel's tag: one dot by attributes and style, never `display:none`, which clients do not load."""
    return (
        f'<img src="{escape_attribute(url)}" width="1" height="1" alt="" border="0" style="width:1px;max-height:1px">'
    )


@dataclass(slots=True)
class PixelPlaces:
    """The places for a pixel that a walk over a letter came by, each outside quotes, comments and table structure.

    `divider_seen` without a `divider` means that the divider stands where a pixel cannot.
    """

    body_start: int | None = None
    body_end: int | None = None
    divider: int | None = None
    divider_seen: bool = False
    end: int | None = None

    def late(self) -> int | None:
        """Return the last good place, None if the early one must do."""
        if self.divider_seen:
            return self.divider
        return self.end if self.body_end is None else self.body_end


def find_content_start(text: str, start: int) -> int:
    """Return the position behind the doctype and the head's elements, where a letter without `<body>` begins."""
    position = start
    raw = False
    for token in tokenize(text, start):
        if token.kind is Kind.CUT or (not raw and text[position : token.start].strip(BLANKS)):
            break
        raw = token.kind is Kind.START and token.name in _RAW_HEAD
        if raw:
            continue
        if token.name and token.name not in _HEAD and token.name not in _RAW_HEAD:
            break
        position = token.end
    return position
