"""Hostile HTTP by raw sockets: volleys of broken and forged requests, and what the server said to them."""

from __future__ import annotations

import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_PREFIXES = (b"/o/", b"/o/", b"/o/", b"/c/", b"/c/", b"/c/", b"/p/", b"/", b"/api/v1/", b"/signin/", b"/messages/")
_METHODS = (b"GET", b"GET", b"GET", b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"BREW")
_HEADERS = (
    *(b"User-Agent", b"Referer", b"X-Forwarded-For", b"CF-Connecting-IP", b"Cookie", b"Host", b"Accept-Language"),
    *(b"Authorization", b"Content-Type", b"Range", b"If-None-Match", b"X-Purpose", b"Sec-Fetch-Dest", b"Via"),
)
_WHOLE = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
_BODIES = (
    b'Content-Length: 7\r\n\r\n{"a":1}',
    _WHOLE,
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: 99999999999999999999\r\n\r\n",
    b"Content-Length: 40\r\n\r\nshort",
)
VOLLEY = 10
_LAST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class Forger:
    """Makes hostile requests, the same ones for the same seed. `genuine` are paths of which it makes altered ones."""

    def __init__(self, seed: int, genuine: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._genuine = [path.encode() for path in genuine]

    def volley(self) -> bytes:
        """Make some requests to be sent in one go, and an honest last one."""
        # A server ends a connection at the first request that is no HTTP, so most volleys hold only such as parse.
        is_http = self._random.random() < 0.8
        return b"".join(self.request(is_http=is_http) for _ in range(VOLLEY)) + _LAST

    def request(self, *, is_http: bool) -> bytes:
        """Make one request: whatever it is, it must be answered below 500 or refused."""
        head = self._choose(_METHODS) + b" " + self._target(is_http) + b" HTTP/1.1\r\n"
        if is_http or self._random.random() < 0.9:
            head += b"Host: 127.0.0.1\r\n"
        for _ in range(self._random.randrange(4)):
            head += self._choose(_HEADERS) + b": " + self._value(is_http) + b"\r\n"
        if self._random.random() < 0.1:
            return head + self._choose(_BODIES[:2] if is_http else _BODIES)
        return head + b"\r\n"

    def _choose(self, words: Sequence[bytes]) -> bytes:
        return self._random.choice(words)

    def _target(self, is_http: bool) -> bytes:
        kind = self._random.random()
        if kind < 0.4:
            return self._altered()
        tail = self._bytes(self._random.choice((1, 5, 31, 36, 200, 4000)))
        if kind < 0.7:
            tail = b"".join(b"%%%02X" % byte for byte in tail)
        elif kind < 0.9:
            tail = re.sub(rb"[^!$-;=@-Z_a-z~]", b"~", tail)
        elif is_http:
            tail = re.sub(rb"[\x00-\x20\x7f\"<>^`{|}#\\]", b"~", tail)  # bytes that are no UTF-8 stay
        return self._choose(_PREFIXES) + tail + self._choose((b"", b".gif", b"?u=" + tail, b"?u=https://evil.example"))

    def _altered(self) -> bytes:
        """Change one byte of a genuine path, which the signature covers, or carry another destination."""
        path = self._choose(self._genuine)
        if path.startswith(b"/c/") and self._random.random() < 0.5:
            return (
                path.partition(b"?")[0] + b"?u=" + self._choose((b"https://evil.example/", b"//evil", b"", b"%0d%0a"))
            )
        end = path.index(b".gif") if path.startswith(b"/o/") else path.index(b"?")
        position = self._random.randrange(3, end)
        other = self._random.choice([byte for byte in b"ABCabc019-_%" if byte != path[position]])
        return path[:position] + bytes([other]) + path[position + 1 :]

    def _value(self, is_http: bool) -> bytes:
        kind = self._random.random()
        if kind < 0.02:
            return b"Mozilla/5.0 " + b"x" * 65_536
        raw = self._bytes(self._random.choice((0, 3, 40, 700)))
        if is_http or kind < 0.8:
            return re.sub(rb"[\x00-\x08\x0a-\x1f\x7f]", b"?", raw)
        return raw.replace(b"\n", b"")

    def _bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


@dataclass
class Assault:
    """Sends volleys from several threads and counts what came back."""

    port: int
    genuine: Sequence[str]
    volleys: int
    threads: int = 6
    statuses: Counter[int] = field(default_factory=Counter)
    redirects: list[bytes] = field(default_factory=list)

    def run(self) -> int:
        """Send everything; return the number of requests sent."""
        threads = [threading.Thread(target=self._attack, args=(seed,)) for seed in range(self.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(threads) * (self.volleys // self.threads) * VOLLEY

    def _attack(self, seed: int) -> None:
        forger = Forger(seed, self.genuine)
        for _ in range(self.volleys // self.threads):
            answer = send(self.port, forger.volley())
            self.statuses.update(int(status) for status in _STATUS.findall(answer))
            if b"evil" in answer:
                self.redirects.append(answer)


def send(port: int, request: bytes) -> bytes:
    """Send bytes on a connection of their own; return what comes until the server ends it or has no more to say."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
        try:
            connection.sendall(request)
            while block := connection.recv(1 << 16):
                answer += block
                if answer.endswith(b'{"status":"ok"}'):
                    break
        except OSError:  # refused midway, or waiting for a body that never comes
            pass
    return answer
