"""Positions of tags and comments in HTML, by the HTML Standard's tokenizer rules (13.2.5). Builds no tree.

Scripting counts as off, as in every mail client: `noscript` is ordinary markup. Each pattern is deterministic:
what it has consumed cannot be matched another way, so failing at the end costs no more than reading to it.
Possessive quantifiers stand on single characters only (groups had a bug before Python 3.11.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_WS = r"\t\n\f\r "
_VALUE = rf"""(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'][^{_WS}>]*+|(?=>))"""
_NAME = rf"[^{_WS}/>][^{_WS}/>=]*+"
# A repeated group costs memory for each round, so a tag with more attributes than any real one is read in steps.
_ATTRIBUTES = rf"(?:[{_WS}/]*+{_NAME}(?:[{_WS}]*+=[{_WS}]*+{_VALUE}|(?![{_WS}]*+=))){{0,200}}"
# Groups: 1 slash of an end tag, 2 name, 3 attributes, 4 closing bracket (missing: too many attributes, or the text
# ends inside the tag), 5 comment, 6 other markup that lasts to the next bracket.
_MARKUP = re.compile(rf"<(?:(/?)([A-Za-z][^{_WS}/>]*+)(?:({_ATTRIBUTES})[{_WS}/]*+(>)|)|(!--)|([!?/]))")
_ATTRIBUTE = re.compile(
    rf"""[{_WS}/]*+({_NAME})(?:[{_WS}]*+=[{_WS}]*+(?:"([^"]*+)"|'([^']*+)'|([^{_WS}>"'][^{_WS}>]*+)|(?=>)|\Z))?"""
)
_STEP = re.compile(_ATTRIBUTES)
_TAG_END = re.compile(rf"[{_WS}/]*+>")
_READ = frozenset(("href", "src", "data-mailerplex", "class", "id", "name", "style"))
_COMMENT_END = re.compile(r"--!?>")
_RAW_TEXT = {
    name: re.compile(rf"</{name}(?=[{_WS}/>])", re.IGNORECASE | re.ASCII)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}


class Kind(Enum):
    """What a token is."""

    START = 1
    END = 2
    COMMENT = 3
    OTHER = 4
    CUT = 5
    """The text ended inside a tag, comment or raw text: nothing can be appended to it."""


@dataclass(slots=True)
class Token:
    """One tag or comment: `start`/`end` bound it, `inner_start`/`inner_end` its attributes or comment text."""

    kind: Kind
    name: str
    start: int
    end: int
    inner_start: int
    inner_end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """The place of one attribute's value; `quoted` says whether quotes stand around it."""

    name: str
    start: int
    end: int
    quoted: bool


# Bound once: looking a member up in its class costs more than the comparison.
_START, _END, _CUT = Kind.START, Kind.END, Kind.CUT


def tokenize(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Yield the tags and comments between two positions in order; a last `CUT` if the text ends inside one."""
    stop = len(text) if end is None else end
    position = start
    search = _MARKUP.search
    while (match := search(text, position, stop)) is not None:
        slash, name, bracket = match.group(1, 2, 4)
        if name is None:
            token = _comment(text, match, stop)
            yield token
            if token.kind is _CUT:
                return
            position = token.end
            continue
        at, position = match.span()
        inner_start, inner_end = match.span(3)
        name = name.lower()
        if bracket is None:
            inner_start, inner_end, position = match.end(2), *_long_tag_end(text, match.end(2), stop)
            if position < 0:
                yield Token(_CUT, name, at, stop, stop, stop)
                return
        yield Token(_END if slash else _START, name, at, position, inner_start, inner_end)
        if name in _OPAQUE and not slash:
            close = _raw_text_end(text, name, position, stop)
            if close is None:
                yield Token(_CUT, name, position, stop, stop, stop)
                return
            position = close


def _long_tag_end(text: str, position: int, stop: int) -> tuple[int, int]:
    """Return the ends of a tag's attributes and of the tag, the latter -1 if the text ends before."""
    before = -1
    while position != before:
        before = position
        step = _STEP.match(text, position, stop)
        position = step.end() if step is not None else position
    close = _TAG_END.match(text, position, stop)
    return position, close.end() if close is not None else -1


_OPAQUE = frozenset(_RAW_TEXT) | {"plaintext"}


def _raw_text_end(text: str, name: str, position: int, stop: int) -> int | None:
    pattern = _RAW_TEXT.get(name)
    close = pattern.search(text, position, stop) if pattern is not None else None
    return close.start() if close is not None else None


def _comment(text: str, match: re.Match[str], stop: int) -> Token:
    start, inner = match.span()
    if match.group(5) is None:
        bracket = text.find(">", inner, stop)
        kind = Kind.OTHER if bracket >= 0 else Kind.CUT
        return Token(kind, "", start, bracket + 1 if bracket >= 0 else stop, inner, max(bracket, inner))
    for abrupt in (">", "->"):
        if text.startswith(abrupt, inner, stop):
            return Token(Kind.COMMENT, "", start, inner + len(abrupt), inner, inner)
    close = _COMMENT_END.search(text, inner, stop)
    if close is None:
        return Token(Kind.CUT, "!--", start, stop, inner, stop)
    return Token(Kind.COMMENT, "", start, close.end(), inner, close.start())


def parse_attributes(text: str, token: Token) -> dict[str, Attribute]:
    """Return those attributes of a tag that matter here, by name; of two with one name the first counts."""
    found: dict[str, Attribute] = {}
    position = token.inner_start
    while (match := _ATTRIBUTE.match(text, position, token.inner_end)) is not None:
        group = match.lastindex or 1
        at = match.span(group) if group > 1 else (match.end(), match.end())
        name = match.group(1).lower()
        if name in _READ and name not in found:
            found[name] = Attribute(name, *at, quoted=group in (2, 3))
        position = match.end()
    return found
