"""Keeps threads free for hits: pages and API that wait for a database may hold only so many of a process's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from core.hits.edge import Application

_BUSY = b'{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Too much waits here: try again."}'
_HEADERS = [
    ("Content-Type", "application/problem+json"),
    ("Content-Length", str(len(_BUSY))),
    ("Cache-Control", "no-store"),
    ("Retry-After", "2"),
]


class PageGate:
    """A WSGI application that lets at most `most` requests at once through to `pages`, and asks the rest to return.

    Waiting here would hold the very threads that it is to keep free. What a response streams after it was begun is
    not counted.
    """

    def __init__(self, pages: Application, most: int) -> None:
        self._pages = pages
        self._free = threading.Semaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if not self._free.acquire(blocking=False):
            start_response("503 Service Unavailable", _HEADERS)
            return () if environ["REQUEST_METHOD"] == "HEAD" else (_BUSY,)
        try:
            return self._pages(environ, start_response)
        finally:
            self._free.release()
