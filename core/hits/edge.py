"""The edge: answers pixels and links from the token alone, after appending the hit to the spool. PEP 3333.

It stands in front of the Flask application in the same process and never touches SQL or Redis, so neither their
failure nor their slowness is its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from core.errors import VerificationError
from core.hits.client_address import ClientAddresses
from core.hits.edge_only import answer_little
from core.hits.record import encode_record
from core.hits.spool import SpoolWriter
from core.keys import KeyRing, WatchedKeys
from core.links import LINK_PREFIX, PIXEL_PREFIX, verify_link
from core.settings import TrustedProxies
from core.tokens import TokenSigner

log = structlog.get_logger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
_NO_STORE = ("Cache-Control", "no-store, no-cache, must-revalidate, private, max-age=0")
_GIF_HEADERS = [
    ("Content-Type", "image/gif"),
    ("Content-Length", str(len(GIF))),
    _NO_STORE,
    ("Pragma", "no-cache"),
    ("Expires", "0"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_NOT_FOUND = b"There is nothing here. The link may have been cut or changed on its way.\n"
_NOT_FOUND_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_NOT_FOUND))),
    ("X-Content-Type-Options", "nosniff"),
    _NO_STORE,
]
_REFRESH_SECONDS = 1.0


class Edge:
    """A WSGI callable: hits are answered here, all else by `pages`."""

    def __init__(self, pages: Application, spool: SpoolWriter, keys: WatchedKeys, proxies: TrustedProxies) -> None:
        self._pages = pages
        self._append = spool.append
        self._spool = spool
        self._keys = keys
        self._resolve = ClientAddresses(proxies).resolve
        self._use_keys(keys.ring)

    def _use_keys(self, ring: KeyRing) -> None:
        self._signer = TokenSigner(ring)
        self._verify_pixel = self._signer.verify_pixel

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(PIXEL_PREFIX):
            return self._answer_pixel(path, environ, start_response)
        if path.startswith(LINK_PREFIX):
            return self._answer_link(path, environ, start_response)
        if path == "/healthz":
            return answer_little(environ, start_response)
        return self._pages(environ, start_response)

    def _answer_pixel(self, path: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if path.endswith(".gif"):
            try:
                copy_id = self._verify_pixel(path[3:-4])
            except VerificationError:
                pass
            else:
                self._record("o", copy_id, None, environ)
        start_response("200 OK", _GIF_HEADERS)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (GIF,)

    def _answer_link(self, path: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            copy_id, number, destination = verify_link(self._signer, path[3:], environ.get("QUERY_STRING", ""))
        except VerificationError:
            start_response("404 Not Found", _NOT_FOUND_HEADERS)
            return () if environ["REQUEST_METHOD"] == "HEAD" else (_NOT_FOUND,)
        self._record("c", copy_id, number, environ)
        headers = [("Location", destination.decode("ascii")), ("Content-Length", "0"), _NO_STORE]
        start_response("302 Found", [*headers, ("Referrer-Policy", "no-referrer")])
        return ()

    def _record(self, kind: str, copy_id: int, number: int | None, environ: Environ) -> None:
        address = self._resolve(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR"), environ.get("HTTP_CF_CONNECTING_IP")
        )
        self._append(encode_record(kind, time.time_ns() // 1000, copy_id, number, address, environ))

    def tick(self) -> None:
        """Do what is due about once a second: the spool's care, and keys that were rotated."""
        self._spool.tick()
        if self._keys.refresh():
            self._use_keys(self._keys.ring)

    def start_care(self) -> None:
        """Call `tick` from a thread of its own for as long as the process lives."""
        threading.Thread(target=self._care, name="edge-care", daemon=True).start()

    def _care(self) -> None:
        while True:
            time.sleep(_REFRESH_SECONDS)
            try:
                self.tick()
            except Exception:  # without this thread the spool would neither rotate nor know its limit
                log.exception("edge_care_failed")
