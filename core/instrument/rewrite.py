"""Rewrites a letter's HTML: finds the hrefs and pixels to change and splices them; every other character stays.

A link is an `a`, an `area` or a VML shape with an http(s) `href`, in the letter or in one of Outlook's conditional
comments. Left alone: any other scheme, our own links, the caller's `untouched` URLs (a List-Unsubscribe target), and
whatever is or lies in an element marked `data-mailerplex="off"`. Pixels in quoted text are removed (quotes.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from core.instrument import quotes, reasons
from core.instrument.ancestry import Ancestry
from core.instrument.destinations import clean_url, proxied_url, web_destination
from core.instrument.pixel import BLANKS, CLIP_BYTES, PixelPlaces, build_pixel, find_content_start
from core.instrument.references import decode_attribute, escape_attribute
from core.instrument.tokenizer import Attribute, Kind, Token, parse_attributes, tokenize
from core.instrument.tracking import Tracking

_MARK = "data-mailerplex"
_CONDITION = re.compile(r"\s*+\[if[^\]>]*+\]>", re.IGNORECASE | re.ASCII)


_UNMARKED = False, quotes.Quoting.NONE
_START, _END, _COMMENT, _CUT = Kind.START, Kind.END, Kind.COMMENT, Kind.CUT
_DIVIDER, _CONTAINER = quotes.Quoting.DIVIDER, quotes.Quoting.CONTAINER


class Edit(NamedTuple):
    """Replace the characters from `start` to `end`; the replacement is ASCII."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Source:
    """A text to plan edits for: `denote(start, end)` gives the characters that a stretch of it stands for."""

    text: str
    denote: Callable[[int, int], str]
    size: int
    start: int = 0
    can_append: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do: put in the pixel, rewrite links, and leave these destinations alone."""

    pixel: bool = True
    links: bool = True
    untouched: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits in order of position, the destinations they track, and why nothing is to be done if so."""

    edits: tuple[Edit, ...]
    links: tuple[str, ...]
    pixel_inserted: bool
    reason: str | None


def plan_edits(source: Source, tracking: Tracking, wish: Wish) -> Plan:
    """Find what to change in one letter. Takes time linear in its length."""
    walk = _Walk(source, tracking, wish)
    walk.run()
    if walk.own_pixel_seen or walk.marked_off:
        code = reasons.ALREADY_TRACKED if walk.own_pixel_seen else reasons.MARKED_OFF
        return Plan((), (), False, code)
    edits = walk.edits
    if wish.pixel:
        growth = sum(len(edit.replacement) - (edit.end - edit.start) for edit in edits)
        place = walk.choose_place(source.size + growth)
        edits.append(Edit(place, place, build_pixel(tracking.pixel_url)))
    edits.sort()
    reason = None if wish.pixel or walk.links else reasons.NOTHING_TO_TRACK
    return Plan(tuple(edits), tuple(walk.links), wish.pixel, reason)


class _Walk:
    """One pass over the tokens of a letter."""

    def __init__(self, source: Source, tracking: Tracking, wish: Wish) -> None:
        self.edits: list[Edit] = []
        self.links: dict[str, None] = {}
        self.own_pixel_seen = False
        self.marked_off = False
        self._source = source
        self._tracking = tracking
        self._wish = wish
        self._tracked: dict[str, str | None] = dict.fromkeys(wish.untouched)
        self._places = PixelPlaces()
        self._ancestry = Ancestry()
        lowered = source.text.lower()
        self._has_marks = _MARK in lowered
        self._has_quotes = quotes.has_hints(lowered)
        self._has_hints = self._has_marks or self._has_quotes

    def run(self) -> None:
        source, cut = self._source, False
        for token in tokenize(source.text, source.start):
            if token.kind is _START:
                self._start(token)
            elif token.kind is _END:
                self._end(token)
            elif token.kind is _COMMENT:
                self._comment(token)
            else:
                cut = token.kind is _CUT
        if source.can_append and not cut and self._is_good_place():
            self._places.end = max(len(source.text.rstrip(BLANKS)), source.start)

    def choose_place(self, size: int) -> int:
        """Return where the pixel goes in a letter that will have this many bytes."""
        late = self._places.late() if size <= CLIP_BYTES else None
        if late is not None:
            return late
        if self._places.body_start is not None:
            return self._places.body_start
        return find_content_start(self._source.text, self._source.start)

    def _is_good_place(self) -> bool:
        return not (self._ancestry.quoted or self._ancestry.in_table_structure)

    def _start(self, token: Token) -> None:
        name = token.name
        off, quoting = self._marks(token) if self._has_hints else _UNMARKED
        if quoting is _DIVIDER and not self._places.divider_seen:
            self._places.divider_seen = True
            self._places.divider = token.start if self._is_good_place() else None
            self._ancestry.divide()
        if name == "img":
            self._image(token)
        elif _is_link(name) and not off:
            self._link(token, self._ancestry)
        if name in ("body", "html"):
            self._document(token, off)
        self._ancestry.open(name, off=off, quotes=quoting is _CONTAINER or name == "blockquote")

    def _document(self, token: Token, off: bool) -> None:
        self.marked_off = self.marked_off or (off and not self._ancestry.quoted)
        if token.name == "body" and self._places.body_start is None and self._is_good_place():
            self._places.body_start = token.end

    def _end(self, token: Token) -> None:
        if token.name == "body" and self._is_good_place():
            self._places.body_end = token.start
        self._ancestry.close(token.name)

    def _comment(self, token: Token) -> None:
        condition = _CONDITION.match(self._source.text, token.inner_start, token.inner_end)
        if condition is None:
            return
        ancestry = Ancestry(off=self._ancestry.off)
        for inner in tokenize(self._source.text, condition.end(), token.inner_end):
            if inner.kind is _START:
                off = self._is_off(inner)
                if _is_link(inner.name) and not off:
                    self._link(inner, ancestry)
                ancestry.open(inner.name, off=off)
            elif inner.kind is _END:
                ancestry.close(inner.name)

    def _marks(self, token: Token) -> tuple[bool, quotes.Quoting]:
        quoting = quotes.Quoting.NONE
        text = self._source.text
        if self._has_quotes and quotes.HINT.search(text, token.inner_start, token.inner_end):
            attributes = parse_attributes(text, token).values()
            quoting = quotes.quoting_of((attribute.name, self._value(attribute)) for attribute in attributes)
        return self._is_off(token), quoting

    def _is_off(self, token: Token) -> bool:
        if not self._has_marks:
            return False
        mark = parse_attributes(self._source.text, token).get(_MARK)
        return mark is not None and self._value(mark).strip().lower() == "off"

    def _value(self, attribute: Attribute) -> str:
        return decode_attribute(self._source.denote(attribute.start, attribute.end))

    def _link(self, token: Token, ancestry: Ancestry) -> None:
        if ancestry.off:
            return
        href = parse_attributes(self._source.text, token).get("href") if self._wish.links else None
        destination = web_destination(self._value(href)) if href is not None else None
        if href is None or destination is None:
            return
        tracked = self._track(destination)
        if tracked is not None:
            self.links[destination] = None
            value = escape_attribute(tracked)
            self.edits.append(Edit(href.start, href.end, value if href.quoted else f'"{value}"'))

    def _track(self, destination: str) -> str | None:
        if destination not in self._tracked:
            own = self._tracking.is_own(destination)
            self._tracked[destination] = None if own else self._tracking.track(destination)
        return self._tracked[destination]

    def _image(self, token: Token) -> None:
        source = parse_attributes(self._source.text, token).get("src")
        if source is None:
            return
        url = clean_url(self._value(source))
        proxied = proxied_url(url)
        if not self._tracking.is_own(url if proxied is None else proxied):
            return
        if proxied is None and not self._ancestry.quoted:
            self.own_pixel_seen = True
        # Behind a "<", taking the tag away would make a new one of what follows it.
        elif self._source.text[token.start - 1 : token.start] != "<":
            self.edits.append(Edit(token.start, token.end, ""))


def _is_link(name: str) -> bool:
    return name in ("a", "area") or name.startswith("v:")
