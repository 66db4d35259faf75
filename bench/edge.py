"""The edge against nginx with its access log on, and against the usual ways to record a hit in Flask.

Rounds are interleaved: in each, every server gets the same load in turn while the others stand still.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from bench.figure import Figure, paired
from bench.load import apply_load, write_requests
from bench.peers.nginx import write_configuration
from bench.processes import Tree, cpu_seconds
from bench.site import Site, wait_for
from core.running.redis_server import find_redis_server
from tests.support.ports import free_port

_MESSAGES = 5000
_VISITS = 20_000


@dataclass
class _Server:
    """One server under load, and what each round showed."""

    name: str
    port: int
    tree: Tree
    answering: Callable[[], list[psutil.Process]]
    rates: list[float] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)

    def measure(self, requests: Path, seconds: int) -> int:
        processes = self.answering()
        before = cpu_seconds(processes)
        try:
            load = apply_load(self.port, requests, seconds)
        except RuntimeError as error:
            raise RuntimeError(f"{self.name}: {error}; {self.tree.read_log()}") from error
        self.rates.append(load.rate)
        self.microseconds.append((cpu_seconds(processes) - before) / load.requests * 1e6)
        return load.requests


def measure_edge(folder: Path, databases: Path, rounds: int, seconds: int) -> list[Figure]:
    """Measure rates and CPU for each hit, paired in each round."""
    with ExitStack() as stack:
        servers = _start_all(folder, databases, stack)
        requests = folder / "requests.tsv"
        answered = dict.fromkeys((server.name for server in servers), 0)
        for _ in range(rounds):
            for server in servers:
                with ExitStack() as still:
                    for other in servers:
                        still.enter_context(nullcontext() if other is server else other.tree.paused())
                    answered[server.name] += server.measure(requests, seconds)
        by_name = {server.name: server for server in servers}
        return [*_describe(by_name), _check_recorded(folder, databases, requests, seconds)]


def _start_all(folder: Path, databases: Path, stack: ExitStack) -> list[_Server]:
    """Start nginx, ours in its three shapes, and the two peers; all answer the same tokens."""
    sites = {name: Site(folder / name, databases) for name in ("up", "web", "edge_only")}
    for site in sites.values():
        stack.callback(site.close)
    sites["up"].send(_MESSAGES)
    write_requests(folder / "requests.tsv", sites["up"].visits(_VISITS))
    trees = {
        "up": sites["up"].run("up", "--port", str(sites["up"].port)),
        "web": sites["web"].run("web", "--without-shipper"),
        "edge_only": sites["edge_only"].run("web", "--edge-only", "--without-shipper"),
    }
    servers = [_start_nginx(folder)]
    for name, tree in trees.items():
        words = ("app", "web") if name == "up" else ()
        servers.append(_Server(name, sites[name].port, tree, _answering(tree, words)))
    servers += _start_flask(folder)
    for server in servers:
        stack.callback(server.tree.stop)
        wait_for(partial(_answers, server.port), server.tree, 30)
        _answers(server.port, "/activity")  # comes when the last import is done
    wait_for(lambda: _has_stored(sites["up"]), trees["up"], 60)
    return servers


def _answering(tree: Tree, words: Sequence[str]) -> Callable[[], list[psutil.Process]]:
    return lambda: tree.find(*words) if words else tree.members()


def _start_nginx(folder: Path) -> _Server:
    port, home = free_port(), folder / "nginx"
    home.mkdir()
    tree = Tree(write_configuration(home, port, as_root=os.geteuid() == 0), {}, home / "log")
    return _Server("nginx", port, tree, tree.members)


def _start_flask(folder: Path) -> list[_Server]:
    """Start the peers on the same server with as many threads as ours has."""
    home = folder / "flask"
    home.mkdir()
    socket = home / "redis.sock"
    redis_words = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    environment = {
        "BENCH_DATABASE_URL": f"sqlite:///{home / 'opens.sqlite3'}",
        "BENCH_REDIS_URL": f"unix://{socket}",
    }
    shell = f'{find_redis_server()} {" ".join(redis_words)} > {home / "redis.log"} & exec "$@"'
    servers = []
    for name in ("queueing", "inserting"):
        port = free_port()
        words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--no-ws"]
        words += ["--blocking-threads", "4", "--log-level", "warning", f"bench.peers.{name}:app"]
        if name == "queueing":
            words = ["sh", "-c", shell, "sh", *words]
        tree = Tree(words, environment, home / f"{name}.log")
        servers.append(_Server(name, port, tree, tree.members))
    return servers


def _has_stored(site: Site) -> bool:
    """Say whether all roles run: a hit has become an event."""
    _answers(site.port, site.visits(1)[0].path)
    return site.count_stored() > 0


def _answers(port: int, path: str = "/o/x.gif") -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _describe(servers: dict[str, _Server]) -> list[Figure]:
    nginx, web, edge_only, up = (servers[name] for name in ("nginx", "web", "edge_only", "up"))
    figures = [
        Figure("nginx, empty_gif with access log", tuple(nginx.rates), "req/s"),
        Figure("nginx, CPU for one request", tuple(nginx.microseconds), "µs"),
    ]
    for server, words, least in (
        (web, "web as `up` starts it", 0.25),
        (edge_only, "web --edge-only", 0.30),
        (up, "whole `up`, storing meanwhile", None),
    ):
        share, cpu = paired(server.rates, nginx.rates), paired(server.microseconds, nginx.microseconds)
        figures += [
            Figure(f"{words}: recorded opens", tuple(server.rates), "hits/s"),
            Figure(f"{words}: share of nginx's rate", share, "", at_least=least),
            Figure(f"{words}: CPU for one hit, web processes", tuple(server.microseconds), "µs"),
            Figure(f"{words}: times nginx's CPU", cpu, "", at_most=6.0),
        ]
    for server, words, most in (
        (servers["queueing"], "Flask, rq.enqueue for each hit", None),
        (servers["inserting"], "Flask, SQL insert for each hit", 1 / 8),
    ):
        figures += [
            Figure(f"{words}: rate", tuple(server.rates), "hits/s"),
            Figure(f"{words}: CPU", tuple(server.microseconds), "µs"),
            Figure(f"web's CPU as a part of it ({words})", paired(web.microseconds, server.microseconds), "", most),
        ]
    return figures


def _check_recorded(folder: Path, databases: Path, requests: Path, seconds: int) -> Figure:
    """Count what lies in the spool after a load that nothing drains: as many hits as were answered."""
    site = Site(folder / "checked", databases)
    tree = site.run("web", "--without-shipper")
    try:
        wait_for(lambda: _answers(site.port), tree, 30)
        answered = apply_load(site.port, requests, max(1, seconds // 2)).requests
        wait_for(lambda: site.count_spooled() >= answered, tree, 10)
        kept = site.count_spooled()
    finally:
        tree.stop()
        site.close()
    # Requests under way when the load ends are recorded too, yet counted by nobody.
    return Figure("hits kept for each answered (32 were under way)", (kept / answered,), "", at_least=1.0)
