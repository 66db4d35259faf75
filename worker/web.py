"""The web role: Granian with the edge in front of the pages, and beside it this host's shipper."""

from __future__ import annotations

from core.running.server import Routes, probe_port, serve
from core.running.supervisor import Supervisor
from core.settings import Settings
from worker.tree import list_web_roles


def run_web(settings: Settings, host: str, routes: Routes, *, workers: int = 1, with_shipper: bool = True) -> None:
    """Serve until SIGTERM or SIGINT; where hits are taken, run and watch the shipper of this host's spool."""
    if routes is Routes.PAGES or not with_shipper:
        serve(settings, host, routes, workers)
        return
    probe_port(host, settings.port)
    words = ["--host", host, "--workers", str(workers)]
    if routes is Routes.EDGE:
        words.append("--edge-only")
    Supervisor(list_web_roles(settings, words)).run()
