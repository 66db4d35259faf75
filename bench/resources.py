"""What each role takes: private memory before and after many hits, and the time to its first sign of work."""

from __future__ import annotations

import fcntl
import http.client
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import redis

from bench.figure import Figure
from bench.load import apply_load, write_requests
from bench.processes import Tree, mapped_megabytes, private_megabytes
from bench.site import Site, wait_for

_HITS_PER_MESSAGE = 4
_MOST_VISITS = 200_000
_START_ROUNDS = 3
_ROLES = {
    "web": (("app", "web"), 130.0),
    "worker": (("app", "worker", "hits"), 130.0),
    "worker for alerts": (("app", "worker", "alerts"), 130.0),
    "shipper": (("app", "shipper"), 60.0),
    "scheduler": (("app", "scheduler"), 60.0),
}
_FLAT_MEGABYTES = 10.0


def measure_starts(folder: Path, databases: Path) -> list[Figure]:
    """Measure warm starts of `up`: to the first answer, and to each role's first sign of work."""
    site = Site(folder / "starts", databases)
    rounds = [_start(site) for _ in range(_START_ROUNDS + 1)][1:]  # the first is cold
    site.close()
    targets = {"first pixel answered": 2.5}
    return [
        Figure(f"start of `up`: {what}", tuple(found[what] for found in rounds), "s", at_most=targets.get(what))
        for what in rounds[0]
    ]


def _start(site: Site) -> dict[str, float]:
    """Start once; return the seconds to each sign of life."""
    client = redis.Redis.from_url(site.installation.redis_url)
    signs: dict[str, Callable[[], bool]] = {
        "first pixel answered": lambda: _status(site.port, "/o/x.gif") == 200,
        "first page answered": lambda: _status(site.port, "/healthz") == 200 and _status(site.port, "/activity") < 500,
        "shipper holds the spool": lambda: _is_locked(site.installation.settings.spool_dir / "shipper.lock"),
        "workers wait for jobs": lambda: _asks(lambda: client.scard("rq:workers") == 2),
        "scheduler ticks": lambda: _asks(lambda: client.exists("mailerplex:scheduler") == 1),
    }
    began = time.perf_counter()
    tree = site.run("up", "--port", str(site.port))
    try:
        # Each is asked by a thread of its own: a page that is still loading holds up nobody else's answer.
        with ThreadPoolExecutor(len(signs)) as threads:
            asked = {name: threads.submit(_time_until, is_there, tree, began) for name, is_there in signs.items()}
            return {name: answer.result() for name, answer in asked.items()}
    finally:
        tree.stop()
        client.close()


def _time_until(is_there: Callable[[], bool], tree: Tree, began: float) -> float:
    wait_for(is_there, tree, 60)
    return time.perf_counter() - began


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 599
    finally:
        connection.close()


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _asks(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except redis.RedisError:
        return False


def measure_memory(folder: Path, databases: Path, hits: int, steps: int) -> list[Figure]:
    """Measure private memory of `up` while `hits` hits come in and are stored, in `steps` steps."""
    site = Site(folder / "memory", databases)
    site.send(hits // _HITS_PER_MESSAGE)
    requests = write_requests(folder / "memory.tsv", site.visits(min(hits, _MOST_VISITS)))
    tree = site.run("up", "--port", str(site.port))
    series: dict[str, list[float]] = {name: [] for name in _ROLES}
    try:
        wait_for(lambda: _status(site.port, "/activity") < 500, tree, 30)
        for step in range(1, steps + 1):
            _take_hits(site, tree, requests, hits * step // steps)
            for name, (words, _) in _ROLES.items():
                series[name].append(private_megabytes(tree.find(*words)))
        mapped = mapped_megabytes(tree.find("app", "worker", "hits"))
    finally:
        tree.stop()
        site.close()
    return _describe_memory(series, mapped, hits)


def _take_hits(site: Site, tree: Tree, requests: Path, wanted: int) -> None:
    """Ask for pixels until `wanted` hits in all are stored."""
    while (stored := site.count_stored()) < wanted:
        answered = apply_load(site.port, requests, 1 if wanted - stored < 60_000 else 2).requests
        wait_for(lambda: site.count_stored() >= stored + answered, tree, 240, pause=0.2)  # noqa: B023


def _describe_memory(series: dict[str, list[float]], mapped: float, hits: int) -> list[Figure]:
    figures = []
    for name, (_, most) in _ROLES.items():
        figures.append(Figure(f"private memory after {hits:,} hits: {name}", (series[name][-1],), "MB", at_most=most))
    grown = max(found[-1] - found[len(found) // 2] for found in series.values())
    figures.append(Figure("its growth over the second half, the most of any role", (grown,), "MB", _FLAT_MEGABYTES))
    figures.append(Figure("mapped files of the worker, geo data among them", (mapped,), "MB"))
    return figures
