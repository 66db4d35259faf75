"""One SELECT for many keys, read through the driver alone: past SQLAlchemy's work for each call and each row.

Like `core.storage.bulk` it serves the storing of hits, where that work would cost more than the database does. The
statement is compiled once for each database; only those values are converted whose type asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, Dialect, Select, bindparam
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

Row = list[Any]

_KEYS = "keys"
_MARKS_AT_ONCE = 512  # longer statements, which the driver keeps prepared, take memory and win no time
_MARK = re.compile(rf"\bIN \(__\[POSTCOMPILE_{_KEYS}\]\)")


def keys() -> BindParameter[Any]:
    """Return the place of the keys in a statement: `column.in_(keys())`, once."""
    return bindparam(_KEYS, expanding=True)


class KeyedQuery:
    """A SELECT with `column.in_(keys())` and other parameters by name.

    SQLite is asked for some hundreds of keys at a time, so no row may depend on two keys.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, session: Session, wanted: Collection[Any], **values: Any) -> list[Row]:
        """Return the rows for all `wanted` keys, their values in the order of the statement's columns."""
        if not wanted:
            return []
        connection = session.connection()
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compiled[connection.dialect.name] = _Compiled(self._statement, connection.dialect)
        # Sorted, so that neighbours are read one after the other.
        ordered = compiled.convert_keys(wanted)
        bound = compiled.convert_values(values)
        rows: list[Row] = []
        at_once = len(ordered) if compiled.takes_arrays else _MARKS_AT_ONCE
        for first in range(0, len(ordered), at_once):
            text, parameters = compiled.bind(ordered[first : first + at_once], bound)
            cursor = connection.exec_driver_sql(text, parameters).cursor
            assert cursor is not None
            rows += compiled.read(cursor.fetchall())
        return rows


class _Compiled:
    """A statement in one database's words, and the conversions that its values need."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._order = compiled.positiontup
        self.takes_arrays = self._order is None
        self._before, self._after = _MARK.split(str(compiled))
        kinds = {name: bind.type for name, bind in compiled.binds.items()}
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._convert_key = _binder(kinds.pop(_KEYS), dialect)
        self._binders = {name: convert for name, kind in kinds.items() if (convert := _binder(kind, dialect))}
        columns = statement.selected_columns
        self._readers = [
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := _reader(column.type, dialect)) is not None
        ]

    def convert_keys(self, wanted: Collection[Any]) -> list[Any]:
        convert = self._convert_key
        return sorted(wanted if convert is None else map(convert, wanted))

    def convert_values(self, values: dict[str, Any]) -> dict[str, Any]:
        converted = {**self._constants, **values}
        for name, convert in self._binders.items():
            converted[name] = convert(converted[name])
        return converted

    def bind(self, wanted: list[Any], values: dict[str, Any]) -> tuple[str, Any]:
        """Return text and parameters: an array where the database has them, else a question mark for each key."""
        if self._order is None:
            return f"{self._before}= ANY(%({_KEYS})s){self._after}", {**values, _KEYS: wanted}
        # As many as the next power of two, the last one repeated: few texts, which the driver keeps prepared.
        room = 1 << (len(wanted) - 1).bit_length()
        parameters: list[Any] = []
        for name in self._order:
            if name == _KEYS:
                parameters += wanted
                parameters += wanted[-1:] * (room - len(wanted))
            else:
                parameters.append(values[name])
        return f"{self._before}IN ({'?,' * (room - 1)}?){self._after}", tuple(parameters)

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Row]:
        found = [list(row) for row in rows]
        for place, convert in self._readers:
            for row in found:
                row[place] = convert(row[place])
        return found


def _binder(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Only our own types need converting: the drivers take all other values as they are."""
    return (lambda value: kind.process_bind_param(value, dialect)) if isinstance(kind, TypeDecorator) else None


def _reader(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    return (lambda value: kind.process_result_value(value, dialect)) if isinstance(kind, TypeDecorator) else None
