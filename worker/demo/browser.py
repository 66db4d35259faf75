"""Visiting a tracked mail over HTTP, as the visitors of the scenario do, and asking the API what became of it."""

from __future__ import annotations

import email
import email.policy
import http.client
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import orjson

from core.errors import UnavailableError
from worker.demo.scenario import Visit

_PIXEL = re.compile(r'<img[^>]*\ssrc="([^"]*/o/[^"]*)"')
_LINK = re.compile(r'<a href="([^"]*/c/[^"]*)"')


class ReceivedMail:
    """One person's copy, as their mail program would take it apart."""

    def __init__(self, raw: bytes) -> None:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("html",))
        html = body.get_content() if body is not None else ""
        self.pixel = unescape(_PIXEL.findall(html)[0])
        self.links = [unescape(link) for link in _LINK.findall(html)]

    def choose(self, visit: Visit) -> str:
        """Return the address that a visit asks for."""
        return self.pixel if visit.link is None else self.links[visit.link]


def visit(url: str, by: Visit) -> int:
    """Make one request as the visitor, who comes from their own address by way of a proxy; return the status."""
    headers = {"User-Agent": by.user_agent, "X-Forwarded-For": by.address, "Accept": "*/*", **by.headers}
    status, _ = _request("GET", url, headers=headers)
    return status


class Api:
    """The installation's REST API."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Make one call and return its JSON. Raises UnavailableError if it is refused."""
        status, answer = _request(method, f"{self._base_url}/api/v1{path}", headers=self._headers, body=body)
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise UnavailableError(f"The API answered {status} to {method} {path}.")
        return orjson.loads(answer) if answer else None


def _request(method: str, url: str, *, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"{parts.netloc} does not answer: {error}.") from error
    finally:
        connection.close()
