"""How long it takes from a hit to an event that can be asked for, and to an alert that a mail server has accepted."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import select

from bench.figure import Figure, percentile
from bench.site import Site, Visit, wait_for
from bench.visitors import GMAIL, make_google_address
from core.storage.models import Event
from tests.support.ports import free_port

_POLL_SECONDS = 0.01
_HITS_PER_SECOND = 100
_ALERTS_PER_SECOND = 5


@dataclass
class _Mailbox:
    """Takes mail and notes when each was accepted, by the number in its subject."""

    arrived: dict[int, float] = field(default_factory=dict)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Accept a mail."""
        match = re.search(rb"Told (\d+)", envelope.content)
        if match:
            self.arrived.setdefault(int(match[1]), time.perf_counter())
        return "250 accepted"


def measure_latency(folder: Path, databases: Path, seconds: int, alerts: int) -> list[Figure]:
    """Measure both on the real process tree, with SQLite."""
    mailbox = _Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port(), ready_timeout=10)
    server.start()
    site = Site(folder / "latency", databases, SMTP_URL=f"smtp://127.0.0.1:{server.port}/?from=alerts@example.com")
    told = site.send(alerts, subject="Told", with_email=True)
    silent = site.send(_HITS_PER_SECOND * seconds, subject="Silent")
    tree = site.run("up", "--port", str(site.port))
    try:
        wait_for(lambda: _is_answering(site.port), tree, 30)
        _visit(site, told[:1])
        wait_for(lambda: site.count_stored() > 0, tree, 30)  # all roles run by now
        wait_for(lambda: 0 in mailbox.arrived, tree, 30)
        to_mail = _measure_alerts(site, told[1:], mailbox)
        to_event = _measure_events(site, silent)
    finally:
        tree.stop()
        server.stop()
        site.close()
    return [
        Figure("hit to queryable event, 100 hits/s: median", (percentile(to_event, 0.5),), "ms", at_most=200),
        Figure("hit to queryable event, 100 hits/s: p99", (percentile(to_event, 0.99),), "ms", at_most=600),
        Figure("hit to accepted e-mail alert: median", (percentile(to_mail, 0.5),), "ms"),
        Figure("hit to accepted e-mail alert: p99", (percentile(to_mail, 0.99),), "ms", at_most=1500),
    ]


def _is_answering(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _visit(site: Site, copies: list[int], rate: float = 0.0) -> dict[int, float]:
    """Open one pixel after another through Gmail's proxy, `rate` a second; return when each was answered."""
    chance = random.Random(3)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    answered: dict[int, float] = {}
    began = time.perf_counter()
    for number, copy_id in enumerate(copies):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        path = f"/o/{site.installation.signer.sign_pixel(copy_id)}.gif"
        visit = Visit(path, copy_id, make_google_address(chance), GMAIL)
        sent = time.perf_counter()
        connection.request("GET", path, headers={"User-Agent": visit.agent, "X-Forwarded-For": visit.address})
        connection.getresponse().read()
        answered[copy_id] = sent
    connection.close()
    return answered


def _measure_alerts(site: Site, copies: list[int], mailbox: _Mailbox) -> list[float]:
    sent = _visit(site, copies, _ALERTS_PER_SECOND)
    end = time.perf_counter() + 30
    while len(mailbox.arrived) <= len(copies) and time.perf_counter() < end:
        time.sleep(0.05)
    numbers = {copy_id: number for number, copy_id in enumerate(copies, start=1)}
    found = [mailbox.arrived.get(numbers[copy_id], float("inf")) - at for copy_id, at in sent.items()]
    return [seconds * 1000 for seconds in found]


def _measure_events(site: Site, copies: list[int]) -> list[float]:
    """Watch the feed while hits come in."""
    seen: dict[int, float] = {}
    over = threading.Event()
    wanted = set(copies)
    watcher = threading.Thread(target=_watch_feed, args=(site, seen, wanted, over))
    watcher.start()
    sent = _visit(site, copies, _HITS_PER_SECOND)
    end = time.perf_counter() + 30
    while len(seen) < len(copies) and time.perf_counter() < end:
        time.sleep(0.05)
    over.set()
    watcher.join()
    return [(seen.get(copy_id, float("inf")) - at) * 1000 for copy_id, at in sent.items()]


def _watch_feed(site: Site, seen: dict[int, float], wanted: set[int], over: threading.Event) -> None:
    """Note when each copy's event is first there for a reader of the database."""
    position = 0
    while not over.is_set():
        with site.installation.reading_sessions() as session:
            query = select(Event.feed_position, Event.copy_id).where(Event.feed_position > position)
            rows = session.execute(query.order_by(Event.feed_position)).all()
        now = time.perf_counter()
        for position, copy_id in rows:  # noqa: B007  (the last position is where the next look begins)
            if copy_id in wanted:
                seen.setdefault(copy_id, now)
        time.sleep(_POLL_SECONDS)
