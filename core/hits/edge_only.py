"""What a process that serves only hits says to everything else: that it lives, or that there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def answer_little(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer `/healthz` with 200, all else with 404. PEP 3333."""
    if environ.get("PATH_INFO") == "/healthz":
        status, body, kind = "200 OK", b'{"status":"ok"}', "application/json"
    else:
        status, body, kind = "404 Not Found", b"This address serves only pictures and links in mail.\n", "text/plain"
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return () if environ.get("REQUEST_METHOD") == "HEAD" else (body,)
