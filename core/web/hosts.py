"""Which host names pages and API answer on: the public URL's, and loopback. Others get 421 (RFC 9110, 15.5.20).

A page of a stranger whose name resolves to this machine (DNS rebinding) thus reads nothing.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask import Flask, Response, request

from core.accounts.cookies import is_loopback, same_host
from core.links import PAGE_PREFIX
from core.web.errors import API_PREFIX

# The recipient's page outlives any domain, and takes its style along; probes address a machine by its number.
ANY_HOST_PREFIXES = (PAGE_PREFIX, "/static/", "/healthz", "/readyz", "/metrics")


_PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via")


def effective_host(public_url: str) -> str:
    """Name the host that the browser asked for, by the Host header.

    A proxy on this machine may write its own target there, a loopback address, in place of the public URL's host. Such
    a request is known by the proxy's other headers; it counts as one for an https public URL, so that its cookie is
    for https alone. A browser on this machine sends none of these; one that did would only get no cookie back.
    """
    host = request.headers.get("Host", "")
    is_forwarded = any(name in request.headers for name in _PROXY_HEADERS)
    if is_forwarded and public_url.startswith("https://") and is_loopback(host):
        return urlsplit(public_url).netloc
    return host


def is_served(public_url: str, host: str, path: str) -> bool:
    """Say whether a request for `path` with this Host header is answered."""
    return path.startswith(ANY_HOST_PREFIXES) or is_loopback(host) or same_host(public_url, host)


def check_hosts(app: Flask, public_url: str) -> None:
    """Make `app` answer on its own host names only."""

    def refuse_strange_host() -> Response | None:
        if is_served(public_url, request.headers.get("Host", ""), request.path):
            return None
        text = "This server does not answer under this name."
        if request.path.startswith(API_PREFIX):
            problem = {"type": "about:blank", "title": "Misdirected Request", "status": 421, "detail": text}
            return Response(json.dumps(problem), status=421, content_type="application/problem+json")
        return Response(f"{text}\n", status=421, content_type="text/plain; charset=utf-8")

    app.before_request(refuse_strange_host)
