"""Whether a request that changes something was sent by our own page (Fetch Metadata; RFC 6454)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, abort, request

from core.web.hosts import effective_host
from core.web.translation import mark

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Judge by what the browser says of where a request comes from; a client that says nothing has its form token."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


def refuse_other_origins(pages: Blueprint, public_url: str) -> None:
    """Answer 400 to changes that another site's page sends to one of `pages`."""

    def check() -> None:
        if request.method not in _SAFE_METHODS and not is_same_origin(
            dict(request.headers), effective_host(public_url)
        ):
            abort(400, mark("This form was sent from another site, so it was not carried out."))

    pages.before_request(check)
