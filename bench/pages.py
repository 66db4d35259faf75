"""The pages on PostgreSQL with years of mail: how long the server takes for each, with other visits in between."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.figure import Figure, percentile
from bench.filling import Filled, fill_database
from core.keys import load_keys
from core.logs import configure_logging
from core.settings import load_settings
from core.storage import schema
from core.storage.engine import open_engine, open_reading_sessions, open_sessions
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in
from tests.support.postgres import PostgresCluster, find_binaries

_TARGET = 60.0
_ASSET = re.compile(r'(?:href|src)="(/static/[^"#]+)')


def measure_pages(folder: Path, messages: int, events: int, rounds: int) -> list[Figure]:
    """Measure each kind of request; without PostgreSQL nothing."""
    binaries = find_binaries()
    if binaries is None:
        return []
    cluster = PostgresCluster(binaries, durable=True)
    try:
        cluster.start()
        return _measure(folder, cluster.url(cluster.create_database()), messages, events, rounds)
    finally:
        cluster.remove()


def _measure(folder: Path, url: str, messages: int, events: int, rounds: int) -> list[Figure]:
    configure_logging("warning", "bench")
    settings = load_settings({"DATABASE_URL": url}, data_dir=folder / "pages")
    engine = open_engine(url)
    try:
        schema.upgrade(engine)
        filled = fill_database(engine, messages, events)
        services = WebServices(
            replace(settings, public_url="http://127.0.0.1:8000"),
            load_keys(load_settings({}, data_dir=folder / "pages")),
            engine,
            open_sessions(engine),
            open_reading_sessions(engine),
        )
        app = create_app(services)
        return _visit(sign_in(app, services, filled.reader), filled, rounds)
    finally:
        engine.dispose()


def _visit(client: PageClient, filled: Filled, rounds: int) -> list[Figure]:
    """Ask for all in turn, again and again, so that each finds the database as others left it."""
    requests = _list_requests(client, filled)
    taken: dict[str, list[float]] = {name: [] for name in requests}
    for number in range(rounds + 3):
        for name, ask in requests.items():
            began = time.perf_counter()
            ask()
            if number >= 3:  # the first fill caches
                taken[name].append((time.perf_counter() - began) * 1000)
    figures = []
    for name, values in taken.items():
        figures.append(Figure(f"{name}: median", (percentile(values, 0.5),), "ms"))
        figures.append(Figure(f"{name}: p99", (percentile(values, 0.99),), "ms", at_most=_limit(name)))
    weights = {path: _weigh(client, path) for path in ("/activity", "/feed?machines=1", _message_path(client))}
    figures.append(Figure("largest page with its files, packed", (max(weights.values()) / 1000,), "kB", at_most=250))
    return figures


def _limit(name: str) -> float | None:
    return _TARGET if name.startswith("/activity") else None


def _list_requests(client: PageClient, filled: Filled) -> dict[str, Callable[[], object]]:
    first = client.get("/activity")
    tag = first.headers["ETag"]
    older = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert older is not None
    paths = {
        "/activity": "/activity",
        "/activity, the next page": older[1].replace("&amp;", "&"),
        "/activity, a frequent word": "/activity?q=offer",
        "/activity, a word that is nowhere": "/activity?q=zebra",
        "/activity, bounced": "/activity?status=bounced",
        "/activity, clicked": "/activity?status=clicked",
        "/activity, one person": f"/activity?person={filled.address}",
        "/activity, last month, shared with me": "/activity?period=month&owner=team",
        "the search through all the rest": "/activity?q=zebra&deep=1",
        "/feed": "/feed",
        "a message": _message_path(client),
        "a person": f"/people/{filled.address}",
    }
    requests: dict[str, Callable[[], object]] = {name: _asker(client, path) for name, path in paths.items()}
    headers = {"If-None-Match": tag, "X-Live": "1"}
    requests["/activity, an open page asks for news"] = lambda: _expect(client.get("/activity", headers=headers), 304)
    return requests


def _asker(client: PageClient, path: str) -> Callable[[], object]:
    return lambda: _expect(client.get(path), 200)


def _expect(answer: object, status: int) -> None:
    if getattr(answer, "status_code", None) != status:
        raise RuntimeError(f"not {status}: {getattr(answer, 'text', '')[:300]}")


def _message_path(client: PageClient) -> str:
    found = re.search(r"/messages/[0-9a-f]{32}", client.get("/activity").text)
    assert found is not None
    return found[0]


def _weigh(client: PageClient, path: str) -> int:
    """Sum up what a first view takes over the wire, the page as the server sends it and its files packed."""
    page = client.get(path, headers={"Accept-Encoding": "gzip"})
    text = gzip.decompress(page.data) if page.headers.get("Content-Encoding") == "gzip" else page.data
    files = {match[1] for match in _ASSET.finditer(text.decode())}
    sizes = [len(client.get(file, headers={"Accept-Encoding": "gzip"}).data) for file in files]
    return len(page.data) + sum(sizes)
