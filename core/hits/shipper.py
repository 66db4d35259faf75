"""The shipper: follows the spool, hands batches to the queue, and ships again what SQL does not show in time.

The queue is only a transport. What counts as stored are the rows of `batches`, written in the transaction that
writes the events; a segment is deleted only when they cover it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.errors import UnavailableError
from core.hits.outages import Outage
from core.hits.segments import Segment, SegmentFolder
from core.storage.engine import Sessions
from core.storage.events import Batch

BATCH_BYTES = 256 << 10  # close to a thousand hits: more at once would be quicker still, and take more memory
RESHIP_SECONDS = 10.0
CONFIRM_SECONDS = 0.5
IDLE_SECONDS = 0.05
GATHER_SECONDS = 0.025
RETRY_SECONDS = 0.5
OUTSTANDING_BATCHES = 24


class BatchQueue(Protocol):
    """Where batches go: `put` may repeat a batch, and raises UnavailableError while the transport is down."""

    def put(self, segment: str, start: int, end: int, payload: bytes) -> None:
        """Hand over the bytes `start` to `end` of a segment."""


@dataclass(slots=True)
class _Shipped:
    end: int
    at: float


@dataclass(slots=True)
class _Progress:
    """What is known of one segment: what is on its way, and how far SQL covers it."""

    outstanding: dict[int, _Shipped] = field(default_factory=dict)
    stored: dict[int, int] = field(default_factory=dict)

    def covered_to(self) -> int:
        """Return the end of the stretch from 0 that SQL covers without a gap."""
        position = 0
        while position in self.stored:
            position = self.stored[position]
        return position

    def next_unshipped(self, position: int) -> int:
        """Skip from `position` what is stored or on its way."""
        while True:
            if position in self.stored:
                position = self.stored[position]
            elif position in self.outstanding:
                position = self.outstanding[position].end
            else:
                return position

    def next_boundary(self, position: int) -> int | None:
        """Return where the next stretch that is stored or on its way begins."""
        later = [start for start in (*self.stored, *self.outstanding) if start > position]
        return min(later, default=None)


class Shipper:
    """Ships one spool folder. Call `step` again and again; it returns how long to rest, in seconds."""

    def __init__(
        self,
        folder: SegmentFolder,
        queue: BatchQueue,
        reading_sessions: Sessions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._queue = queue
        self._sessions = reading_sessions
        self._clock = clock
        self._progress: dict[str, _Progress] = {}
        self._confirmed_at = -CONFIRM_SECONDS
        self._queue_outage = Outage("queue_unavailable", clock, role="shipper")
        self._database_outage = Outage("database_unavailable", clock, role="shipper")
        self._failed = False

    def step(self) -> float:
        """Do what is due: find segments, ship, confirm."""
        self._failed = False
        self._folder.discover()
        self._learn_new()
        shipped = self._ship_all()
        if self._clock() - self._confirmed_at >= CONFIRM_SECONDS:
            self._confirm()
        if self._failed:
            return RETRY_SECONDS
        return GATHER_SECONDS if shipped else IDLE_SECONDS

    def _learn_new(self) -> None:
        """Read what SQL already holds of segments met for the first time; without SQL they wait."""
        new = [name for name in self._folder.segments if name not in self._progress]
        if not new:
            return
        stored = self._read_stored(new)
        if stored is not None:
            for name in new:
                self._progress[name] = _Progress(stored=stored.get(name, {}))

    def _read_stored(self, names: list[str]) -> dict[str, dict[int, int]] | None:
        found: dict[str, dict[int, int]] = {}
        try:
            with self._sessions() as session:
                query = select(Batch.segment, Batch.start, Batch.end).where(Batch.segment.in_(names))
                for segment, start, end in session.execute(query):
                    found.setdefault(segment, {})[start] = end
        except SQLAlchemyError as error:
            self._failed = True
            self._database_outage.begin(error)
            return None
        self._database_outage.end()
        return found

    def _ship_all(self) -> bool:
        shipped = False
        room = OUTSTANDING_BATCHES - sum(len(progress.outstanding) for progress in self._progress.values())
        for segment in list(self._folder.segments.values()):
            progress = self._progress.get(segment.name)
            while progress is not None and room > 0 and not self._failed and self._ship_next(segment, progress):
                shipped = True
                room -= 1
        return shipped

    def _ship_next(self, segment: Segment, progress: _Progress) -> bool:
        segment.position = progress.next_unshipped(segment.position)
        if segment.position >= segment.size:
            return False
        boundary = progress.next_boundary(segment.position)
        limit = BATCH_BYTES if boundary is None else min(BATCH_BYTES, boundary - segment.position)
        payload = segment.read(limit)
        if not payload:
            return False
        return self._put(segment, progress, segment.position, payload)

    def _put(self, segment: Segment, progress: _Progress, start: int, payload: bytes) -> bool:
        end = start + len(payload)
        try:
            self._queue.put(segment.name, start, end, payload)
        except UnavailableError as error:
            self._failed = True
            self._queue_outage.begin(error)
            return False
        self._queue_outage.end()
        progress.outstanding[start] = _Shipped(end, self._clock())
        return True

    def _confirm(self) -> None:
        """Learn what was stored; ship again what is late; delete what is done."""
        self._confirmed_at = self._clock()
        waiting = [name for name, progress in self._progress.items() if progress.outstanding]
        if waiting:
            stored = self._read_stored(waiting)
            if stored is not None:
                for name in waiting:
                    self._note_stored(name, stored.get(name, {}))
        self._reship()
        self._remove_done()

    def _note_stored(self, name: str, stored: dict[int, int]) -> None:
        """Note what SQL holds, which may be a batch that an earlier shipper cut elsewhere: then a gap is left."""
        segment, progress = self._folder.segments[name], self._progress[name]
        progress.stored.update(stored)
        for start in [start for start in progress.outstanding if start in stored]:
            if progress.outstanding.pop(start).end != stored[start]:
                segment.position = min(segment.position, stored[start])

    def _reship(self) -> None:
        late = self._clock() - RESHIP_SECONDS
        for segment in self._folder.segments.values():
            progress = self._progress.get(segment.name)
            if progress is None:
                continue
            for start, shipped in list(progress.outstanding.items()):
                if shipped.at <= late:
                    payload = segment.read_exactly(start, shipped.end)
                    if not self._put(segment, progress, start, payload):
                        return

    def _remove_done(self) -> None:
        for segment in list(self._folder.segments.values()):
            progress = self._progress.get(segment.name)
            if progress is None or not segment.is_sealed or progress.outstanding:
                continue
            if progress.covered_to() >= segment.size:
                self._folder.remove(segment)
                del self._progress[segment.name]

    @property
    def is_idle(self) -> bool:
        """Say whether all that was written is stored."""
        return all(
            segment.name in self._progress and self._progress[segment.name].covered_to() >= segment.size
            for segment in self._folder.segments.values()
        )
