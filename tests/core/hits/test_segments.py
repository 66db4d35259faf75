"""The reading side: whose writer is gone is sealed, whose lives is left alone, lines come whole."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hits.segments import Segment, SegmentFolder, SpoolLock
from core.hits.spool import SpoolWriter

RECORD = b'\n["o",1]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[SegmentFolder]:
    """The segments of the folder `tmp_path`."""
    folder = SegmentFolder(tmp_path)
    yield folder
    folder.close()


def write(path: Path, content: bytes) -> Path:
    """Write a segment as a killed writer leaves it."""
    path.write_bytes(content)
    return path


def only(folder: SegmentFolder) -> Segment:
    """Return the one segment that there is."""
    (segment,) = folder.segments.values()
    return segment


def test_a_segment_whose_writer_lives_stays_open_and_grows(tmp_path: Path, folder: SegmentFolder) -> None:
    writer = SpoolWriter(tmp_path)
    writer.append(RECORD)
    for _ in range(3):
        folder.discover()
    assert not only(folder).is_sealed
    writer.append(RECORD)
    assert only(folder).size == 2 * len(RECORD)
    writer.close()
    folder.discover()
    assert only(folder).is_sealed
    assert only(folder).path.suffix == ".sealed"


def test_a_segment_whose_writer_is_gone_is_sealed(tmp_path: Path, folder: SegmentFolder) -> None:
    write(tmp_path / "a.open", RECORD)
    folder.discover()
    folder.discover()
    assert only(folder).is_sealed
    assert [path.name for path in tmp_path.iterdir()] == ["a.sealed"]
    folder.remove(only(folder))
    assert list(tmp_path.iterdir()) == []


def test_drafts_are_never_read_and_go_when_they_are_old(tmp_path: Path, folder: SegmentFolder) -> None:
    old, young = write(tmp_path / "a.draft", RECORD), write(tmp_path / "b.draft", RECORD)
    os.utime(old, (time.time() - 3600, time.time() - 3600))
    assert folder.discover() == []
    assert not old.exists()
    assert young.exists()


def test_other_files_are_left_alone(tmp_path: Path, folder: SegmentFolder) -> None:
    for name in ("shipper.lock", "a.lost", "readme"):
        write(tmp_path / name, b"x")
    assert folder.discover() == []
    assert len(list(tmp_path.iterdir())) == 3


def test_only_whole_lines_are_read_while_a_segment_may_grow(tmp_path: Path, folder: SegmentFolder) -> None:
    writer = SpoolWriter(tmp_path)
    writer.append(RECORD)
    folder.discover()
    segment = only(folder)
    assert segment.read(1000) == RECORD
    writer.append(b"\nunfini")
    assert segment.read(1000) == RECORD + b"\n"
    segment.position = len(RECORD) + 1
    assert segment.read(1000) == b""
    writer.close()


def test_of_a_sealed_segment_also_what_a_crash_cut_short_is_read_so_that_it_can_be_covered(
    tmp_path: Path, folder: SegmentFolder
) -> None:
    write(tmp_path / "a.sealed", RECORD + b"\nunfini")
    folder.discover()
    assert only(folder).read(1000) == RECORD + b"\nunfini"
    only(folder).position = len(RECORD) + 1
    assert only(folder).read(1000) == b"unfini"


def test_batches_are_cut_at_line_ends_and_a_line_longer_than_a_batch_comes_whole(
    tmp_path: Path, folder: SegmentFolder
) -> None:
    long = b"\n" + b"x" * 500 + b"\n"
    write(tmp_path / "a.sealed", RECORD * 3 + long)
    folder.discover()
    segment, parts = only(folder), []
    while segment.position < segment.size:
        parts.append(segment.read(20))
        segment.position += len(parts[-1])
    assert b"".join(parts) == RECORD * 3 + long
    assert all(part.endswith(b"\n") for part in parts)


def test_only_one_shipper_at_a_time_has_a_folder(tmp_path: Path) -> None:
    first, second = SpoolLock(tmp_path), SpoolLock(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
