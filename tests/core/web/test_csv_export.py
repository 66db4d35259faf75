from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.csv_export import guard_cell, write_csv


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "\0=1"])
def test_what_a_spreadsheet_would_run_becomes_text(cell: str) -> None:
    assert str(guard_cell(cell)).startswith("'")


@pytest.mark.parametrize("cell", ["", "a=b", "ann@example.com", "Re: 1-2", "é", "'=1"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert guard_cell(cell) == cell


def test_numbers_times_and_nothing_are_written_plainly() -> None:
    at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert [guard_cell(cell) for cell in (-5, 0.5, True, None, at)] == [-5, 0.5, "yes", "", "2026-11-22T09:30:00Z"]


def test_a_file_is_written_in_chunks_and_reads_back_whole() -> None:
    rows = [(f"subject, {number}", 'with "quotes"\r\nand lines') for number in range(5000)]
    chunks = list(write_csv(("Subject", "Text"), rows))
    assert len(chunks) > 2
    found = read(b"".join(chunks))
    assert found[0] == ["Subject", "Text"]
    assert [tuple(row) for row in found[1:]] == rows


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_no_row_of_any_text_has_a_cell_that_is_a_formula(rows: list[tuple[str, str]]) -> None:
    found = read(b"".join(write_csv(("a", "b"), rows)))
    assert len(found) == len(rows) + 1
    for row in found:
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
