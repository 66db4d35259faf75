"""Which elements are open at a point of the token stream: enough of HTML's tree construction to know ancestors.

Follows the HTML Standard where ancestors depend on it (scope limits of tables and cells, implied ends of `p`,
`li`, rows and cells, void elements); it does not move or repair anything. Every operation is constant or amortised.
"""

from __future__ import annotations

from typing import Final

_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_IGNORED: Final = frozenset(("html", "head", "body"))
_CELLS: Final = frozenset(("td", "th", "caption"))
_ROWS: Final = frozenset(("tr", "tbody", "thead", "tfoot", "colgroup"))
_BLOCKS: Final = frozenset(
    (
        "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div",
        "dl", "dd", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
        "h4", "h5", "h6", "header", "hgroup", "hr", "li", "main", "menu", "nav", "ol", "p", "pre",
        "section", "summary", "ul", "table"
    )
)  # fmt: skip
# What the search for an earlier list item does not go beyond.
_LIST_LIMITS: Final = _BLOCKS - {"address", "div", "p"}
_LIST_ENDS: Final = {"li": ("li",), "dt": ("dt", "dd"), "dd": ("dt", "dd")}
# How far up the end of an inline element, or of a list item's predecessor, is looked for.
_REACH: Final = 64


class OpenElements:
    """The stack of open elements. `lowest` is the least it held since somebody last set it."""

    __slots__ = ("_barriers", "_counts", "_names", "lowest")

    def __init__(self) -> None:
        self._names: list[str] = []
        self._barriers: list[int] = []
        self._counts: list[dict[str, int]] = [{}]
        self.lowest = 0

    def __len__(self) -> int:
        return len(self._names)

    @property
    def in_table_structure(self) -> bool:
        """Say whether content here would be moved out of its table (HTML Standard: foster parenting)."""
        return bool(self._barriers) and self._names[self._barriers[-1]] == "table"

    def open(self, name: str) -> bool:
        """Take in a start tag; return whether it opened an element that stays on the stack."""
        if name in _VOID or name in _IGNORED:
            if name == "hr":
                self._close_paragraph()
            return False
        if name in _CELLS or name in _ROWS:
            return self._open_table_part(name)
        if name in _BLOCKS:
            self._close_paragraph()
            if name in _LIST_ENDS:
                self._close_nearby(_LIST_ENDS[name], _LIST_LIMITS)
        self._push(name)
        return True

    def close(self, name: str) -> None:
        """Take in an end tag."""
        if name == "table":
            self._close_table()
        elif name in _CELLS or name in _ROWS:
            self._close_cell()
            if name in _ROWS and self.in_table_structure:
                self._close_in_scope(name)
        elif name in _BLOCKS:
            self._close_in_scope(name)
        elif self._counts[-1].get(name):
            self._close_nearby((name,), _BLOCKS)

    def _open_table_part(self, name: str) -> bool:
        self._close_cell()
        if not self.in_table_structure:
            return False
        if name == "tr":
            self._close_in_scope("tr")
        elif name in _ROWS or name == "caption":
            self._truncate(self._barriers[-1] + 1)
        self._push(name)
        return True

    def _push(self, name: str) -> None:
        if name == "table" or name in _CELLS:
            self._barriers.append(len(self._names))
            self._counts.append({})
        else:
            counts = self._counts[-1]
            counts[name] = counts.get(name, 0) + 1
        self._names.append(name)

    def _truncate(self, size: int) -> None:
        names, barriers = self._names, self._barriers
        if size < self.lowest:
            self.lowest = size
        while len(names) > size:
            name = names.pop()
            if barriers and barriers[-1] == len(names):
                barriers.pop()
                self._counts.pop()
            else:
                self._counts[-1][name] -= 1

    def _close_paragraph(self) -> None:
        self._close_in_scope("p")

    def _close_cell(self) -> None:
        if self._barriers and not self.in_table_structure:
            self._truncate(self._barriers[-1])

    def _close_table(self) -> None:
        self._close_cell()
        if self._barriers:
            self._truncate(self._barriers[-1])

    def _close_in_scope(self, name: str) -> None:
        if self._counts[-1].get(name):
            index = len(self._names) - 1
            while self._names[index] != name:
                index -= 1
            self._truncate(index)

    def _close_nearby(self, names: tuple[str, ...], limits: frozenset[str]) -> None:
        floor = self._barriers[-1] + 1 if self._barriers else 0
        for index in range(len(self._names) - 1, max(floor, len(self._names) - _REACH) - 1, -1):
            if self._names[index] in names:
                self._truncate(index)
                return
            if self._names[index] in limits:
                return
