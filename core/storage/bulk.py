"""One statement for many rows, by the driver's own bulk call, past SQLAlchemy's per-row work.

Storing hits spends most of its time here. The statement is compiled once for each database; only those values are
converted whose type asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator


class BulkStatement:
    """An INSERT, UPDATE or DELETE whose parameters each row gives by name; each row has the same names."""

    def __init__(self, statement: Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry it out for every row, in the session's transaction."""
        if not rows:
            return
        connection = session.connection()
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect, tuple(rows[0]))
        connection.exec_driver_sql(compiled.text, compiled.convert(rows))


class _Compiled:
    def __init__(self, statement: Insert | Update | Delete, dialect: Dialect, names: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        self.text = str(compiled)
        order = compiled.positiontup
        self._pick = None if order is None else itemgetter(*order)
        self._constants = {
            name: value for name, value in compiled.params.items() if name not in names and value is not None
        }
        self._converters = [
            (name, convert)
            for name in names
            if name in compiled.binds and (convert := _converter(compiled.binds[name].type, dialect)) is not None
        ]

    def convert(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        converted: list[Any] = [{**self._constants, **row} for row in rows]
        for name, convert in self._converters:
            for values in converted:
                value = values[name]
                if value is not None:
                    values[name] = convert(value)
        return converted if self._pick is None else list(map(self._pick, converted))


def _converter(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Only our own types need converting: the drivers take all other values as they are."""
    if not isinstance(kind, TypeDecorator):
        return None
    bind = kind.process_bind_param
    return lambda value: bind(value, dialect)
