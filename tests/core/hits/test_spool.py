"""The writing side: every record whole or not at all, losses counted, segments ended in time."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.hits import spool
from core.hits.losses import count_lost
from core.hits.spool import SpoolWriter, measure_spool

RECORD = b'\n["o",1,"a record longer than a count"]\n'


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SpoolWriter]:
    """A writer on a folder of its own."""
    writer = SpoolWriter(tmp_path / "spool")
    yield writer
    writer.close()


def read(folder: Path) -> list[bytes]:
    """Return the content of each segment."""
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in (".open", ".sealed")]


def suffixes(folder: Path) -> list[str]:
    """Return what kinds of files lie in a folder, but for counts of losses."""
    return sorted(path.suffix for path in folder.iterdir() if path.suffix != ".lost")


@contextmanager
def files_limited(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: writes fall short as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_records_of_many_threads_stand_whole_in_one_private_segment(writer: SpoolWriter, tmp_path: Path) -> None:
    def write(number: int) -> None:
        for index in range(200):
            assert writer.append(b"\n%d:%d\n" % (number, index))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (content,) = read(tmp_path / "spool")
    lines = [line for line in content.split(b"\n") if line]
    assert len(set(lines)) == len(lines) == 800
    (path,) = (tmp_path / "spool").glob("*.open")
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert len(path.stem) == 32


def test_a_segment_is_locked_from_before_it_has_its_name(writer: SpoolWriter, tmp_path: Path) -> None:
    writer.append(RECORD)
    (path,) = (tmp_path / "spool").glob("*.open")
    with path.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_a_short_write_is_cut_away_counted_and_leaves_room_for_the_next(writer: SpoolWriter, tmp_path: Path) -> None:
    assert writer.append(RECORD)
    with files_limited(len(RECORD) + 4):
        assert not writer.append(RECORD)
        assert not writer.append(RECORD)
    assert read(tmp_path / "spool") == [RECORD]
    assert writer.append(RECORD)
    assert read(tmp_path / "spool") == [RECORD * 2]
    assert writer.lost == count_lost(tmp_path / "spool") == 2


def test_a_short_write_that_cannot_be_cut_away_ends_the_segment(
    writer: SpoolWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a later cut, at a place reckoned wrongly, would take records that were kept."""
    assert writer.append(RECORD)
    with monkeypatch.context() as patch:
        patch.setattr(os, "ftruncate", _fail)
        with files_limited(len(RECORD) + 4):
            assert not writer.append(RECORD)
    assert writer.append(RECORD)
    assert sorted(read(tmp_path / "spool")) == sorted([RECORD + RECORD[:4], RECORD])
    assert suffixes(tmp_path / "spool") == [".open", ".sealed"]


def _fail(*_: object) -> None:
    raise OSError(errno.EIO, "input/output error")


def test_no_error_of_the_disk_is_raised(writer: SpoolWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS):

        def write(*_: object, code: int = code) -> int:
            raise OSError(code, "no")

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", write)
            assert not writer.append(RECORD)
    assert writer.lost == 4
    assert writer.append(RECORD)


def test_a_folder_that_went_away_costs_hits_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    writer = SpoolWriter(folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert not writer.append(RECORD)
    writer.tick()
    assert writer.lost == 1
    folder.mkdir()
    assert writer.append(RECORD)
    assert read(folder) == [RECORD]


def test_beyond_its_limit_nothing_is_kept_until_the_spool_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    writer = SpoolWriter(folder, limit_bytes=1000)
    while measure_spool(folder) < 1000:
        assert writer.append(RECORD)
    writer.tick()
    assert not writer.append(RECORD)
    assert writer.lost == count_lost(folder) == 1
    next(folder.glob("*.open")).unlink()
    writer.tick()
    assert writer.append(RECORD)


def test_a_disk_with_little_room_is_left_to_others(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path / "spool", reserved_disk_bytes=1 << 62)
    assert not writer.append(RECORD)
    assert count_lost(tmp_path / "spool") == 1


def test_a_segment_ends_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: SpoolWriter) -> None:
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 3 * len(RECORD))
    for _ in range(7):
        assert writer.append(RECORD)
    assert suffixes(tmp_path / "spool") == [".open", ".sealed", ".sealed"]
    assert b"".join(read(tmp_path / "spool")) == RECORD * 7


def test_a_segment_ends_by_age_but_not_while_it_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: SpoolWriter
) -> None:
    now = 1000.0
    monkeypatch.setattr(spool, "time", SimpleNamespace(monotonic=lambda: now))
    writer.append(RECORD)
    now += spool.SEGMENT_SECONDS - 1
    writer.tick()
    assert suffixes(tmp_path / "spool") == [".open"]
    now += 1
    writer.tick()
    assert suffixes(tmp_path / "spool") == [".sealed"]
    now += 1000
    writer.tick()
    assert suffixes(tmp_path / "spool") == [".sealed"]


def test_closing_seals_and_leaves_a_count_only_of_what_was_lost(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path / "spool")
    writer.append(RECORD)
    writer.close()
    assert [path.suffix for path in (tmp_path / "spool").iterdir()] == [".sealed"]
    full = SpoolWriter(tmp_path / "spool", reserved_disk_bytes=1 << 62)
    full.append(RECORD)
    full.close()
    assert count_lost(tmp_path / "spool") == 1


def test_counts_that_killed_writers_left_at_nothing_go_and_losses_stay(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    writer = SpoolWriter(folder)
    for stem, content in (("a" * 32, b"0" * 20), ("b" * 32, b"%020d" % 3)):
        path = folder / f"{stem}.lost"
        path.write_bytes(content)
        os.utime(path, (time.time() - 3600, time.time() - 3600))
    other = SpoolWriter(folder)
    assert not (folder / f"{'a' * 32}.lost").exists()
    assert count_lost(folder) == 3
    assert len(list(folder.glob("*.lost"))) == 3, "that of a writer that lives stays"
    writer.close()
    other.close()
