"""Keeps threads free for hits: pages and API that wait for a database may hold only so many of a process's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from core.hits.edge import Application

_BUSY = b'{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Too much waits here: try again."}'
_NO_BODY = (None, "", "0")
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
        # A body that never comes holds its place: so bodies get half of the places, and pages stay readable.
        self._free_for_bodies = threading.Semaphore(max(1, most // 2))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        pages = self._let_in if _has_body(environ) else self._pages
        return self._through(self._free, pages, environ, start_response)

    def _let_in(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self._through(self._free_for_bodies, self._pages, environ, start_response)

    @staticmethod
    def _through(
        free: threading.Semaphore, pages: Application, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not free.acquire(blocking=False):
            start_response("503 Service Unavailable", _HEADERS)
            return () if environ["REQUEST_METHOD"] == "HEAD" else (_BUSY,)
        try:
            return pages(environ, start_response)
        finally:
            free.release()


def _has_body(environ: dict[str, Any]) -> bool:
    return environ.get("CONTENT_LENGTH") not in _NO_BODY or "HTTP_TRANSFER_ENCODING" in environ
