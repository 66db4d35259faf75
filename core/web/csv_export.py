"""CSV files for people's spreadsheets (RFC 4180): written row by row, and without a cell that a spreadsheet would run.

A cell that begins with = + - @ or a control character is a formula to spreadsheets (OWASP, CSV injection), whatever
its quotes; an apostrophe before it makes it text. Numbers are written as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from flask import Response

from core.timeline.wire import format_time

CONTENT_TYPE: Final = "text/csv; charset=utf-8"
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BYTE_ORDER_MARK: Final = "\ufeff"
_CHUNK_CHARACTERS: Final = 32 * 1024

Cell = str | int | float | bool | datetime | None


def guard_cell(cell: Cell) -> str | int | float:
    """Return what is written for a cell: text that no spreadsheet takes for a formula; times in RFC 3339."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        return cell
    text = format_time(cell) if isinstance(cell, datetime) else cell.replace("\0", "")
    # Some programs drop what blanks come before, so the first character that counts is looked at.
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Write a whole file in chunks; `rows` is read as they are asked for. Begins with a byte order mark, for Excel."""
    buffer = io.StringIO(newline="")
    buffer.write(_BYTE_ORDER_MARK)
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([guard_cell(name) for name in header])
    for row in rows:
        writer.writerow([guard_cell(cell) for cell in row])
        if buffer.tell() >= _CHUNK_CHARACTERS:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def answer_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Answer with a file to be saved under `name` (ASCII, with its ending). `rows` opens what session it needs."""
    response = Response(write_csv(header, rows), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
