"""The pages served on a loopback port, from threads of the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Thread

from werkzeug.serving import WSGIRequestHandler, make_server

from core.web.factory import create_app
from core.web.services import WebServices


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the app logs its requests."""


@dataclass(frozen=True, slots=True)
class Served:
    """An app and where it answers. Its `services` know the address."""

    services: WebServices
    url: str


@contextmanager
def serve_pages(services: WebServices) -> Iterator[Served]:
    """Serve the pages on a free port."""
    probe = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{probe.server_port}"
    own = replace(services, settings=replace(services.settings, public_url=url, tracking_url=url))
    probe.app = create_app(own)
    thread = Thread(target=probe.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(own, url)
    finally:
        probe.shutdown()
        thread.join(10)
        probe.server_close()
