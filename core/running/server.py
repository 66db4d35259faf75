"""The web server: Granian serving the WSGI application, edge in front of pages, on one port."""

from __future__ import annotations

import errno
import os
import socket
from enum import StrEnum

from core.errors import SettingsError
from core.settings import CHECKOUT, Settings

# By its path: a name would be looked for in the current folder first.
APPLICATION = f"{CHECKOUT / 'app.py'}:create_web_application"
ROUTES_VARIABLE = "MAILERPLEX_WEB_ROUTES"
# Granian starts threads as they are needed. Pages that wait for a locked database get most of them, hits the rest;
# one is quickest where only hits are served.
_THREADS = 16
PAGE_THREADS = 12
_EDGE_THREADS = 1


class Routes(StrEnum):
    """What a web process answers."""

    ALL = "all"
    EDGE = "edge"
    PAGES = "pages"


def probe_port(host: str, port: int) -> None:
    """Raise SettingsError if the port cannot be had: two servers would otherwise share it without a word."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "is in use: choose another with --port or PORT="
            elif error.errno == errno.EACCES:
                reason = "needs rights that this user does not have: choose one above 1023"
            else:
                reason = f"cannot be used: {error.strerror}"
            raise SettingsError(f"Port {port} on {host} {reason}.") from error


def serve(settings: Settings, host: str, routes: Routes, workers: int = 1) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsError if the port is taken."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    probe_port(host, settings.port)
    os.environ[ROUTES_VARIABLE] = routes.value
    server = Server(
        APPLICATION,
        address=host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=_EDGE_THREADS if routes is Routes.EDGE else _THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,  # its warnings are advice on settings that we chose
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        backlog=2048,
        working_dir=CHECKOUT,
    )
    server.serve()
