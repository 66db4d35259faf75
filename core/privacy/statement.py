"""What is held on recipients, told from the marks that the columns themselves carry, so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.storage.columns import MARK, Personal, Retention, Subject
from core.storage.models import Base


@dataclass(frozen=True, slots=True)
class HeldKind:
    """One kind of data on recipients: its category, what it is for, and how long it is kept."""

    category: str
    purposes: tuple[str, ...]
    retentions: tuple[Retention, ...]


def list_held_kinds() -> tuple[HeldKind, ...]:
    """List the kinds of data on recipients that any table may hold, in the order of the tables."""
    found: dict[str, tuple[dict[str, None], dict[Retention, None]]] = {}
    for mark in _marks():
        purposes, retentions = found.setdefault(mark.category, ({}, {}))
        purposes[mark.purpose] = None
        retentions[mark.retention] = None
    return tuple(HeldKind(category, tuple(p), tuple(r)) for category, (p, r) in sorted(found.items(), key=_rank))


_ORDER = ("identity", "behaviour", "device", "place", "evidence", "choice")


def _rank(item: tuple[str, object]) -> tuple[int, str]:
    return (_ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER), item[0])


def _marks() -> Iterator[Personal]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            mark = column.info.get(MARK)
            if isinstance(mark, Personal) and mark.subject is Subject.RECIPIENT:
                yield mark
