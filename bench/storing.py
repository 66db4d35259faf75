"""From the spool to judged, enriched, stored events: one shipper and one worker drain a full spool."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.figure import Figure
from bench.processes import Tree, cpu_seconds
from bench.site import Site, wait_for
from core.running.redis_server import redis_arguments
from tests.support.postgres import PostgresCluster, find_binaries

_MESSAGES = 20_000
_SPREAD_SECONDS = 600.0
_LIMIT_SECONDS = 240.0


def measure_storing(folder: Path, databases: Path, rounds: int, hits: int) -> list[Figure]:
    """Measure the rate on SQLite and on PostgreSQL, each on installations of their own."""
    sqlite = [_drain(Site(folder / f"sqlite{n}", databases), hits) for n in range(rounds)]
    figures = _describe("SQLite", sqlite, 8000)
    binaries = find_binaries()
    if binaries is None:
        return figures
    cluster = PostgresCluster(binaries, durable=True)
    try:
        cluster.start()
        found = []
        for number in range(rounds):
            url = cluster.url(cluster.create_database())
            found.append(_drain(Site(folder / f"postgres{number}", databases, DATABASE_URL=url), hits))
    finally:
        cluster.remove()
    return figures + _describe("PostgreSQL", found, 6000)


def _describe(name: str, found: list[tuple[float, float]], least: float) -> list[Figure]:
    rates, cpu = zip(*found, strict=True)
    return [
        Figure(f"spool to stored events, {name}, one worker", tuple(rates), "events/s", at_least=least),
        Figure(f"the same, {name}: worker's CPU for one event", tuple(cpu), "µs"),
    ]


def _drain(site: Site, hits: int) -> tuple[float, float]:
    """Drain a full spool; return events a second, and the worker's CPU for one in microseconds."""
    site.send(_MESSAGES)
    site.fill_spool(hits, _SPREAD_SECONDS)
    trees = [Tree(redis_arguments(site.installation.settings), {}, site.data_dir / "redis.log")]
    try:
        worker = site.run("worker", "--queue", "hits")
        trees.append(worker)
        time.sleep(2.0)  # started and idle: its start is another figure
        busy = worker.members()
        trees.append(site.run("shipper"))
        return _watch(site, worker, hits, lambda: cpu_seconds(busy))
    finally:
        for tree in reversed(trees):
            tree.stop()
        site.close()


def _watch(site: Site, worker: Tree, hits: int, cpu: Callable[[], float]) -> tuple[float, float]:
    """Measure from the first stored batch to the last."""
    wait_for(lambda: site.count_stored() > 0, worker, 30)
    first, began, cpu_before = site.count_stored(), time.perf_counter(), cpu()
    wait_for(lambda: site.count_stored() >= hits, worker, _LIMIT_SECONDS, pause=0.05)
    stored = hits - first
    return stored / (time.perf_counter() - began), (cpu() - cpu_before) / stored * 1e6
