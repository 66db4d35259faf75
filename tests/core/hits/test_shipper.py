"""The shipper: ships once, again what is late, gaps alone, and deletes nothing that SQL does not cover."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.errors import UnavailableError
from core.hits.segments import SegmentFolder
from core.hits.shipper import RESHIP_SECONDS, RETRY_SECONDS, Shipper
from core.storage.engine import Sessions, open_engine, open_reading_sessions
from core.storage.events import Batch

LINE = b'\n["o",1]\n'
SIZE = len(LINE)


@dataclass
class FakeQueue:
    """Keeps what was put; `is_down` refuses all."""

    put_batches: list[tuple[str, int, int, bytes]] = field(default_factory=list)
    is_down: bool = False
    refused: int = 0

    def put(self, segment: str, start: int, end: int, payload: bytes) -> None:
        """Take a batch."""
        if self.is_down:
            self.refused += 1
            raise UnavailableError("down")
        self.put_batches.append((segment, start, end, payload))

    def take(self) -> list[tuple[str, int, int]]:
        """Return what was put since the last time."""
        taken = [batch[:3] for batch in self.put_batches]
        assert all(len(payload) == end - start for _, start, end, payload in self.put_batches)
        self.put_batches.clear()
        return taken


@dataclass
class Road:
    """A shipper with a folder, a fake queue, a real database and a clock of its own."""

    folder: Path
    sessions: Sessions
    queue: FakeQueue = field(default_factory=FakeQueue)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew, as a process started again does."""
        self.shipper = Shipper(SegmentFolder(self.folder), self.queue, self.sessions, lambda: self.now)

    def step(self, seconds: float = 1.0) -> list[tuple[str, int, int]]:
        """Let time pass and the shipper do what is due; return what it put."""
        self.now += seconds
        self.shipper.step()
        return self.queue.take()

    def store(self, segment: str, start: int, end: int) -> None:
        """Write a batch's row, as storing it does."""
        with self.sessions.begin() as session:
            session.add(Batch(segment=segment, start=start, end=end, hits=1, stored_at=datetime.now(UTC)))

    def segments(self) -> list[str]:
        """List the segments that are left."""
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def road(tmp_path: Path, sessions: Sessions) -> Road:
    """The way of hits from a folder to a database."""
    folder = tmp_path / "spool"
    folder.mkdir()
    return Road(folder, sessions)


def test_a_batch_goes_once_and_again_only_when_sql_does_not_show_it_in_time(road: Road) -> None:
    (road.folder / "a.sealed").write_bytes(LINE * 3)
    assert road.step() == [("a", 0, 3 * SIZE)]
    assert road.step(RESHIP_SECONDS - 0.1) == []
    assert road.step(1.0) == [("a", 0, 3 * SIZE)]
    road.store("a", 0, 3 * SIZE)
    road.step(RESHIP_SECONDS + 1)
    assert road.queue.take() == []
    assert road.segments() == []
    assert road.shipper.is_idle


def test_nothing_is_deleted_before_all_of_it_is_covered(road: Road) -> None:
    (road.folder / "a.sealed").write_bytes(LINE * 3)
    road.step()
    road.store("a", SIZE, 3 * SIZE)
    for _ in range(5):
        road.step(RESHIP_SECONDS + 1)
    assert road.segments() == ["a.sealed"]
    assert not road.shipper.is_idle
    road.store("a", 0, SIZE)
    for _ in range(3):
        road.step(RESHIP_SECONDS + 1)
    assert road.segments() == []


def test_a_shipper_started_anew_ships_only_the_gaps(road: Road) -> None:
    (road.folder / "a.sealed").write_bytes(LINE * 5)
    road.store("a", SIZE, 2 * SIZE)
    road.store("a", 3 * SIZE, 4 * SIZE)
    assert sorted(road.step()) == [("a", 0, SIZE), ("a", 2 * SIZE, 3 * SIZE), ("a", 4 * SIZE, 5 * SIZE)]


def test_a_gap_left_by_a_batch_that_an_earlier_shipper_cut_elsewhere_is_shipped(road: Road) -> None:
    segment = road.folder / "a.sealed"
    segment.write_bytes(LINE * 2)
    road.step()
    segment.write_bytes(LINE * 5)  # grown meanwhile, so the next shipper cuts a longer batch
    road.restart()
    assert road.step() == [("a", 0, 5 * SIZE)]
    road.store("a", 0, 2 * SIZE)  # the earlier one's
    shipped = road.step() + road.step()
    assert shipped == [("a", 2 * SIZE, 5 * SIZE)]
    road.store("a", 2 * SIZE, 5 * SIZE)
    road.step()
    assert road.segments() == []


def test_batches_that_overlap_those_of_an_earlier_shipper_end_covered(road: Road) -> None:
    (road.folder / "a.sealed").write_bytes(LINE * 6)
    road.step()
    for start, end in ((0, 2), (2, 3), (1, 6)):
        road.store("a", start * SIZE, end * SIZE)
    for _ in range(4):
        for segment, start, end in road.step():
            road.store(segment, start, end)
    assert road.segments() == []


def test_while_redis_is_down_nothing_is_lost_and_it_is_asked_seldom(road: Road) -> None:
    for name in "abc":
        (road.folder / f"{name}.sealed").write_bytes(LINE)
    road.queue.is_down = True
    assert road.shipper.step() == RETRY_SECONDS
    assert road.queue.refused == 1, "one refusal says it for all segments"
    road.queue.is_down = False
    assert len(road.step()) == 3


def test_what_was_on_its_way_when_redis_failed_goes_again_when_it_is_back(road: Road) -> None:
    (road.folder / "a.sealed").write_bytes(LINE)
    road.step()
    road.queue.is_down = True
    road.step(RESHIP_SECONDS + 1)
    road.queue.is_down = False
    assert road.step() == [("a", 0, SIZE)]


def test_while_the_database_is_gone_what_is_known_goes_on_and_what_is_new_waits(road: Road, engine: Engine) -> None:
    (road.folder / "a.sealed").write_bytes(LINE)
    road.step()
    (road.folder / "b.sealed").write_bytes(LINE)
    gone = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    working = road.shipper._sessions
    road.shipper._sessions = open_reading_sessions(gone)
    assert road.step(RESHIP_SECONDS + 1) == [("a", 0, SIZE)], "only what may be stored twice without harm"
    assert road.segments() == ["a.sealed", "b.sealed"]
    road.shipper._sessions = working
    assert road.step() == [("b", 0, SIZE)]
    gone.dispose()


def test_a_segment_that_still_grows_is_followed_and_not_deleted(road: Road) -> None:
    from core.hits.spool import SpoolWriter

    writer = SpoolWriter(road.folder)
    writer.append(LINE)
    ((name, start, end),) = road.step()
    road.store(name, start, end)
    road.step()
    writer.append(LINE)
    assert road.step() == [(name, SIZE, 2 * SIZE)]
    writer.append(LINE)
    road.store(name, SIZE, 2 * SIZE)
    writer.close()
    assert road.step() == [(name, 2 * SIZE, 3 * SIZE)]
    road.store(name, 2 * SIZE, 3 * SIZE)
    road.step()
    assert road.segments() == []
