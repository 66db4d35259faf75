"""One id and one log line for each request: the route's template, never the path, whose parts may be secret."""

from __future__ import annotations

import secrets
import time

import structlog
from flask import Flask, Response, g, request

_log = structlog.get_logger("mailerplex.web")


def log_requests(app: Flask) -> None:
    """Give each request an id (X-Request-Id), and log it when answered."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """Return the id of the current request, which people see as an error's reference."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    found: str = g.request_id
    return found


def _begin() -> None:
    g.begun = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    route = request.url_rule.rule if request.url_rule is not None else "(none)"
    elapsed = (time.perf_counter() - g.get("begun", time.perf_counter())) * 1000
    # Pages that stand open ask every second or so; that nothing is new is not worth a line.
    write = _log.debug if response.status_code == 304 else _log.info
    write("request", method=request.method, route=route, status=response.status_code, milliseconds=round(elapsed, 1))
    return response
