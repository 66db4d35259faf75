"""A page of a list: its items and where the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

DEFAULT_LIMIT: Final = 50
MAXIMUM_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and the cursor of those after them, None at the end of a list that ends."""

    items: tuple[Item, ...]
    next_cursor: str | None
