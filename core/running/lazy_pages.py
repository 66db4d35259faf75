"""Pages that load while hits are answered already: the first hit need not wait for the last import."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from core.hits.edge import Application

log = structlog.get_logger(__name__)


class LazyPages:
    """A WSGI application made by `create` in a thread of its own; requests wait for it."""

    def __init__(self, create: Callable[[], Application]) -> None:
        self._create = create
        self._is_loaded = threading.Event()
        self._pages: Application | None = None
        threading.Thread(target=self._load, name="load-pages", daemon=True).start()

    def _load(self) -> None:
        try:
            self._pages = self._create()
        except Exception:
            log.exception("pages_not_loaded")
            os._exit(1)  # the supervisor starts this process again; a server without pages would look alive
        self._is_loaded.set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if self._pages is None:
            self._is_loaded.wait()
        assert self._pages is not None
        return self._pages(environ, start_response)
