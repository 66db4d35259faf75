"""A hit as the edge writes it and the worker reads it: one JSON line in a spool segment.

The line begins as well as ends with a line feed, so that a record cut short by a crash spoils no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from core.signal.evidence import KEPT_HEADERS, Kind

USER_AGENT_CHARACTERS = 512
HEADER_CHARACTERS = 256
METHOD_CHARACTERS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {"o": Kind.OPEN, "c": Kind.CLICK}
_HEADERS = tuple((f"HTTP_{name.upper().replace('-', '_')}", name) for name in sorted(KEPT_HEADERS))


class Hit(NamedTuple):
    """One request for a pixel or a link. `address` is the full client address: it goes no further than judging."""

    id: str
    kind: Kind
    at_microseconds: int
    copy_id: int
    link_number: int | None
    method: str
    address: str
    user_agent: str
    headers: dict[str, str]

    @property
    def at(self) -> datetime:
        """The time of the hit, UTC."""
        return _EPOCH + timedelta(microseconds=self.at_microseconds)


def encode_record(
    kind: str, at_microseconds: int, copy_id: int, link_number: int | None, address: str, environ: dict[str, Any]
) -> bytes:
    """Write the line of a hit, taking from the request only what is kept. `kind` is "o" or "c"."""
    headers = {name: environ[key][:HEADER_CHARACTERS] for key, name in _HEADERS if key in environ}
    referer = headers.get("referer")
    if referer is not None:
        headers["referer"] = _cut_referer(referer)
    fields = [
        kind,
        at_microseconds,
        copy_id,
        link_number,
        environ["REQUEST_METHOD"][:METHOD_CHARACTERS],
        address,
        environ.get("HTTP_USER_AGENT", "")[:USER_AGENT_CHARACTERS],
        headers,
    ]
    try:
        return b"\n" + orjson.dumps(fields) + b"\n"
    except (TypeError, ValueError):  # a lone surrogate: no valid text, so no valid JSON
        return b"\n" + orjson.dumps(_mend(fields)) + b"\n"


def _cut_referer(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0].rpartition('@')[2]}" if separator else ""


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {key: _mend(item) for key, item in value.items()}
    return value


def parse_records(segment: str, start: int, payload: bytes) -> Iterator[Hit]:
    """Read the hits in `payload`, which begins at byte `start` of the segment; skips what is no record."""
    offset = start
    for line in payload.split(b"\n"):
        if line:
            hit = _parse_record(f"{segment}:{offset}", line)
            if hit is not None:
                yield hit
        offset += len(line) + 1


def _parse_record(hit_id: str, line: bytes) -> Hit | None:
    try:
        kind, at, copy_id, link_number, method, address, user_agent, headers = orjson.loads(line)
        return Hit(hit_id, _KINDS[kind], at, copy_id, link_number, method, address, user_agent, headers)
    except (ValueError, TypeError, KeyError):
        return None


def count_records(payload: bytes) -> int:
    """Count the lines in `payload` that are not empty."""
    return sum(1 for line in payload.split(b"\n") if line)
