"""What a letter's open elements mean for a link or an image in them: tracking marked off, or quoted text."""

from __future__ import annotations

from core.instrument.elements import OpenElements


class Ancestry:
    """Follows the open elements and remembers the outermost one that is marked off, and that quotes."""

    __slots__ = ("_divided", "_elements", "_off_at", "_outer_off", "_quote_at")

    def __init__(self, *, off: bool = False, quoted: bool = False) -> None:
        self._elements = OpenElements()
        self._outer_off = off
        self._divided = quoted
        self._off_at: int | None = None
        self._quote_at: int | None = None

    @property
    def off(self) -> bool:
        """Say whether an open element is marked `data-mailerplex="off"`."""
        return self._off_at is not None or self._outer_off

    @property
    def quoted(self) -> bool:
        """Say whether this place is in quoted text."""
        return self._quote_at is not None or self._divided

    @property
    def in_table_structure(self) -> bool:
        """Say whether content here would be moved out of its table."""
        return self._elements.in_table_structure

    def open(self, name: str, *, off: bool = False, quotes: bool = False) -> None:
        """Take in a start tag and its marks."""
        elements = self._elements
        stays = elements.open(name)
        self._expire()
        if stays and (off or quotes):
            if off and self._off_at is None:
                self._off_at = len(elements) - 1
            if quotes and self._quote_at is None:
                self._quote_at = len(elements) - 1
            elements.lowest = len(elements)

    def close(self, name: str) -> None:
        """Take in an end tag."""
        self._elements.close(name)
        self._expire()

    def divide(self) -> None:
        """Take in a divider: all from here on is quoted."""
        self._divided = True

    def _expire(self) -> None:
        if self._off_at is None and self._quote_at is None:
            return
        lowest = self._elements.lowest
        if self._off_at is not None and lowest <= self._off_at:
            self._off_at = None
        if self._quote_at is not None and lowest <= self._quote_at:
            self._quote_at = None
