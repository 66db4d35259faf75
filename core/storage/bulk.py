"""One statement for many rows, past SQLAlchemy's per-row work.

Storing hits spends most of its time here. The statement is compiled once for each database; only those values are
converted whose type asks for it. SQLite takes the rows by the driver's own bulk call; PostgreSQL takes them all at
once, as JSON, since carrying out a statement costs it more than the row does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

import orjson
from sqlalchemy import Dialect, Insert, Update
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

Rows = Sequence[Mapping[str, Any]]
Converters = dict[str, Callable[[Any, Dialect], Any]]

_ROWS = "all_rows"
_ROWS_AT_ONCE = 500


class BulkStatement:
    """An INSERT or UPDATE whose parameters each row gives by name; each row has the same names.

    No two rows may concern the same row of the table.
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, session: Session, rows: Rows) -> None:
        """Carry it out for every row, in the session's transaction."""
        if not rows:
            return
        connection = session.connection()
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            kind = _RowByRow if dialect.name == "sqlite" else _AllAtOnce
            compiled = self._compiled[dialect.name] = kind(self._statement, dialect, tuple(rows[0]))
        for first in range(0, len(rows), _ROWS_AT_ONCE):  # all at once would take memory for three copies of them
            connection.exec_driver_sql(compiled.text, compiled.bind(rows[first : first + _ROWS_AT_ONCE]))


class _Compiled(Protocol):
    """A statement in one database's words."""

    text: str

    def bind(self, rows: Rows) -> Any:
        """Return the parameters that carry the rows."""


class _RowByRow:
    """The rows as tuples, their values in the order of the statement's question marks."""

    def __init__(self, statement: Insert | Update, dialect: Dialect, names: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        assert compiled.positiontup is not None
        self.text = str(compiled)
        self._pick = itemgetter(*compiled.positiontup)
        self._dialect = dialect
        self._constants = _constants(compiled, names)
        self._converters = [
            (place, convert)
            for name, convert in _converters(compiled, names).items()
            for place, used in enumerate(compiled.positiontup)
            if used == name
        ]

    def bind(self, rows: Rows) -> Any:
        if self._constants:
            rows = [{**self._constants, **row} for row in rows]
        columns = list(zip(*map(self._pick, rows), strict=True))
        for place, convert in self._converters:
            columns[place] = tuple(None if value is None else convert(value, self._dialect) for value in columns[place])
        return list(zip(*columns, strict=True))


class _AllAtOnce:
    """The rows as one JSON document, read back by the types that the statement's parameters have."""

    def __init__(self, statement: Insert | Update, dialect: Dialect, names: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        used = [name for name in names if name in compiled.binds]
        columns = ", ".join(f'"{name}" {compiled.binds[name].type.compile(dialect=dialect)}' for name in used)
        source = f"FROM json_to_recordset(%({_ROWS})s::json) AS given({columns})"
        self.text = _read_from(source, re.sub(rf"%\(({'|'.join(used)})\)s", r'given."\1"', str(compiled)))
        self._dialect = dialect
        self._constants = _constants(compiled, names)
        self._converters = _converters(compiled, used)

    def bind(self, rows: Rows) -> Any:
        converted = _convert([dict(row) for row in rows], self._converters, self._dialect)
        return {**self._constants, _ROWS: orjson.dumps(converted, default=_write_bytes).decode()}


def _read_from(source: str, text: str) -> str:
    """Make a statement take its rows from `source`."""
    if text.startswith("INSERT"):
        target, _, rest = text.partition(" VALUES (")
        values, conflict, otherwise = rest.partition(") ON CONFLICT ")
        return f"{target} SELECT {values.removesuffix(')')} {source}{conflict.removeprefix(')')}{otherwise}"
    changes, _, condition = text.rpartition("WHERE ")
    return f"{changes}{source} WHERE {condition}"


def _write_bytes(value: Any) -> str:
    """Write bytes as PostgreSQL reads them; all other values JSON knows."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(type(value).__name__)


def _constants(compiled: SQLCompiler, names: Sequence[str]) -> dict[str, Any]:
    """Return the parameters that the statement itself gives."""
    return {name: value for name, value in compiled.params.items() if name not in names and value is not None}


def _converters(compiled: SQLCompiler, names: Sequence[str]) -> Converters:
    """Only our own types need converting: the drivers take all other values as they are."""
    kinds = {name: compiled.binds[name].type for name in names if name in compiled.binds}
    return {name: kind.process_bind_param for name, kind in kinds.items() if isinstance(kind, TypeDecorator)}


def _convert(rows: list[dict[str, Any]], converters: Converters, dialect: Dialect) -> list[dict[str, Any]]:
    for name, convert in converters.items():
        for row in rows:
            value = row[name]
            if value is not None:
                row[name] = convert(value, dialect)
    return rows
