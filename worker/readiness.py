"""How the parts behind the pages do: Redis, workers, queues and the spool, for `/readyz`, `/metrics` and `doctor`."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from core.errors import UnavailableError
from core.hits.losses import count_lost
from core.hits.spool import SEALED, measure_spool
from core.running.installation import Installation
from core.web.services import Gauge, Health, PartState
from worker.connection import connect, translated
from worker.queues import ALERTS, HITS, open_queue

LATE_SECONDS = 120.0


class Readiness:
    """Asks the parts; keeps one connection to Redis."""

    def __init__(self, installation: Installation) -> None:
        self._spool = installation.settings.spool_dir
        self._limit_bytes = installation.settings.spool_limit_bytes
        self._connection = connect(installation.redis_url)

    def describe(self) -> list[PartState]:
        """Describe each part. Redis down is a warning: hits are kept in the spool until it is back."""
        return [self._describe_redis(), *self._describe_workers(), self.describe_spool()]

    def _describe_redis(self) -> PartState:
        try:
            with translated():
                self._connection.ping()
        except UnavailableError as error:
            return PartState("redis", Health.WARN, f"{error} Hits wait in the spool meanwhile.")
        return PartState("redis", Health.OK)

    def _describe_workers(self) -> list[PartState]:
        try:
            with translated():
                counts = {name: self._count_workers(name) for name in (HITS, ALERTS)}
                waiting = {name: open_queue(self._connection, name).count for name in (HITS, ALERTS)}
        except UnavailableError:
            return []
        parts = []
        for name, count in counts.items():
            values = {"workers": float(count), "waiting": float(waiting[name])}
            health, detail = (Health.OK, "") if count else (Health.WARN, f"no worker for {name} is running")
            parts.append(PartState(f"worker_{name}", health, detail, values))
        return parts

    def _count_workers(self, queue_name: str) -> int:
        """Count those that live: a worker that was killed stays in the set, but not its own key."""
        names = self._connection.smembers(f"rq:workers:{queue_name}")
        return int(self._connection.exists(*names)) if names else 0

    def describe_spool(self) -> PartState:
        """Describe the spool: what waits, what was lost for want of room, whether it is being emptied."""
        waiting = measure_spool(self._spool)
        lost = count_lost(self._spool)
        oldest = oldest_seconds(self._spool)
        values = {"bytes": float(waiting), "lost_hits": float(lost), "oldest_seconds": round(oldest, 1)}
        if lost:
            return PartState("spool", Health.WARN, f"{lost} hits were lost: the disk was full or the limit met", values)
        if waiting >= self._limit_bytes:
            return PartState("spool", Health.FAIL, "full: hits are answered and not kept", values)
        if oldest > LATE_SECONDS:
            return PartState("spool", Health.WARN, "hits wait: is the shipper, a worker and the database up?", values)
        return PartState("spool", Health.OK, "", values)

    def measure(self) -> list[Gauge]:
        """Measure for Prometheus."""
        gauges = [
            Gauge("spool_bytes", "Bytes of hits that wait in this host's spool.", {"": measure_spool(self._spool)}),
            Gauge(
                "hits_lost",
                "Hits answered and not kept, for want of room.",
                {"": count_lost(self._spool)},
                is_counter=True,
            ),
            Gauge("spool_oldest_seconds", "Age of the oldest unshipped segment.", {"": oldest_seconds(self._spool)}),
        ]
        with suppress(UnavailableError), translated():
            depths = {name: float(open_queue(self._connection, name).count) for name in (HITS, ALERTS)}
            gauges.append(Gauge("queue_jobs", "Jobs that wait, by queue.", depths, "queue"))
        return gauges


def oldest_seconds(folder: Path) -> float:
    """Return for how many seconds the oldest segment with hits in it has waited since it was last written."""
    now = time.time()
    oldest = 0.0
    for path in folder.glob(f"*{SEALED}"):
        with suppress(OSError):
            found = path.stat()
            if found.st_size:
                oldest = max(oldest, now - found.st_mtime)
    return oldest
