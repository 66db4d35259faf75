"""Packs large pages on their way to the browser (RFC 9110, content codings).

A page holds a form token and may repeat what was searched for, so its packed length could tell of the token (BREACH).
The token is written anew for each page, and a random name in each file's gzip header (RFC 1952) blurs the length.
"""

from __future__ import annotations

import gzip
import io
import secrets
from typing import Final

from flask import Flask, Response, request

_LEAST_BYTES: Final = 8 * 1024
_LEVEL: Final = 4
_MOST_NOISE: Final = 96


def compress_pages(app: Flask) -> None:
    """Pack the pages of `app` for those who take gzip."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough:
        return response
    response.headers.add("Vary", "Accept-Encoding")
    content = response.get_data()
    if len(content) >= _LEAST_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(_pack(content))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _pack(content: bytes) -> bytes:
    packed = io.BytesIO()
    noise = "x" * secrets.randbelow(_MOST_NOISE)
    with gzip.GzipFile(noise, "wb", _LEVEL, packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()
