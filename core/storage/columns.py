"""Column types that behave alike on SQLite and PostgreSQL, and the mark that every column carries: whom it is about.

`technical(...)` declares a column that holds nothing about a person; `personal(...)` one that does, with its class,
purpose and retention. The privacy pages and the erasure tests read these marks; a column without one fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, String
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC times: `timestamptz` in PostgreSQL, whole microseconds since 1970 in SQLite, which has no such type."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the type of the dialect."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times; SQLite gets microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return _EPOCH + timedelta(microseconds=value)
        result: datetime = value
        return result.astimezone(UTC)


class Unsigned64(TypeDecorator[int]):
    """An unsigned 64-bit number, kept in the signed 64 bits that both databases have."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Map the upper half to negative numbers."""
        return value - (1 << 64) if value is not None and value >= 1 << 63 else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        """Undo the mapping."""
        return value + (1 << 64) if value is not None and value < 0 else value


class Subject(StrEnum):
    """Whom data is about."""

    USER = "user"
    RECIPIENT = "recipient"


class Retention(StrEnum):
    """How long data is kept."""

    ACCOUNT = "until the account is removed"
    MESSAGE = "until the message is deleted or the recipient's data is erased"
    EVENT = "as long as its message, or until the recipient's data is erased"
    SESSION = "until the session ends, 30 days at most"
    LINK = "until used, 15 minutes at most, then removed within a day"
    ALERT = "90 days"
    INVITATION = "until used or revoked, 30 days after it expired at most"
    CONNECTION = "until the account is disconnected"
    AUDIT = "1 year; a recipient's address until it is erased"
    SIGNIN = "90 days"
    NOTICE = "90 days after it was written"


@dataclass(frozen=True, slots=True)
class Personal:
    """What a column that is about a person holds, why, and for how long."""

    subject: Subject
    category: str
    purpose: str
    retention: Retention


@dataclass(frozen=True, slots=True)
class Technical:
    """A column that holds nothing about a person beyond its place in the tables."""


MARK = "data_class"


def technical(*args: Any, **options: Any) -> MappedColumn[Any]:
    """Declare a column that holds nothing about a person."""
    return mapped_column(*args, info={MARK: Technical()}, **options)


def personal(mark: Personal, *args: Any, **options: Any) -> MappedColumn[Any]:
    """Declare a column that is about a person."""
    return mapped_column(*args, info={MARK: mark}, **options)


def user_data(category: str, purpose: str, retention: Retention = Retention.ACCOUNT) -> Personal:
    """Mark data about the person who uses MailerPlex."""
    return Personal(Subject.USER, category, purpose, retention)


def recipient_data(category: str, purpose: str, retention: Retention = Retention.MESSAGE) -> Personal:
    """Mark data about a person who is written to."""
    return Personal(Subject.RECIPIENT, category, purpose, retention)


Id = String(32)
"""Identifiers: 32 lower-case hexadecimal digits, see `core.storage.identifiers`."""
