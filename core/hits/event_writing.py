"""Writing many events at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm import Session

from core.storage.bulk import BulkStatement
from core.storage.events import Event

EVENTS = cast(Table, Event.__table__)
_VERDICT_COLUMNS = ("feed_position", "verdict", "confidence", "reasons", "rules", "settles_at", "revision")
_INSERT = BulkStatement(insert(EVENTS))
_UPDATE = BulkStatement(
    update(EVENTS)
    .where(EVENTS.c.id == bindparam("event_id"))
    .values({name: bindparam(f"new_{name}", type_=EVENTS.c[name].type) for name in _VERDICT_COLUMNS})
)


def insert_events(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert whole events; each row has every column."""
    _INSERT.execute(session, rows)


def update_events(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write the columns of the verdict of stored events; each row has those, and `id`."""
    changed = [{"event_id": row["id"], **{f"new_{name}": row[name] for name in _VERDICT_COLUMNS}} for row in rows]
    _UPDATE.execute(session, changed)
