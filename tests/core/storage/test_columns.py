"""Tests of `core.storage.columns`: the types, and the mark that every column carries."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, MetaData, Table
from sqlalchemy.exc import StatementError

from core.storage.columns import MARK, Personal, Subject, Technical, Unsigned64, UtcDateTime
from core.storage.models import Base

COLUMNS = [column for table in Base.metadata.sorted_tables for column in table.columns]
# Names that speak of a person, whatever the table.
ABOUT_A_PERSON = re.compile(
    r"address|e?mail$|sender|subject|user_agent|headers|city|region|country|location|^url$|os$|device|client_name"
    r"|seen_at|last_at|timezone|verdict"
)
# Of those, the ones that only look like it.
NOT_ABOUT_A_PERSON: set[str] = set()

samples = Table("samples", MetaData(), Column("at", UtcDateTime), Column("number", Unsigned64))


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_says_whom_it_is_about(column: Column[object]) -> None:
    mark = column.info.get(MARK)
    assert isinstance(mark, Personal | Technical), f"{column} carries no mark: declare it by technical() or personal()"
    if isinstance(mark, Personal):
        assert mark.subject in Subject
        assert mark.category
        assert mark.purpose.startswith("to ")
        assert mark.retention


@pytest.mark.parametrize("column", [c for c in COLUMNS if ABOUT_A_PERSON.search(c.name)], ids=str)
def test_columns_whose_names_speak_of_a_person_are_marked_personal(column: Column[object]) -> None:
    if str(column) not in NOT_ABOUT_A_PERSON:
        assert isinstance(column.info[MARK], Personal)


@pytest.fixture
def sample_engine(engine: Engine) -> Engine:
    """An engine whose database has the table `samples`."""
    samples.create(engine)
    return engine


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_a_time_comes_back_as_the_same_moment_in_utc(sample_engine: Engine, at: datetime) -> None:
    with sample_engine.begin() as connection:
        connection.execute(samples.insert().values(at=at))
        result = connection.execute(samples.select()).one().at
    assert result == at
    assert result.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(sample_engine: Engine) -> None:
    with pytest.raises(StatementError, match="a time without a zone"), sample_engine.begin() as connection:
        connection.execute(samples.insert().values(at=datetime(2026, 11, 22)))  # noqa: DTZ001 - what is tested


@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, (1 << 64) - 1))
def test_every_unsigned_number_of_64_bits_comes_back_and_is_found(sample_engine: Engine, number: int) -> None:
    with sample_engine.begin() as connection:
        connection.execute(samples.delete())
        connection.execute(samples.insert().values(number=number))
        assert connection.execute(samples.select().where(samples.c.number == number)).one().number == number
