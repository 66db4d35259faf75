"""The lines that `classify` reads: JSON objects checked field by field, each error naming its line.

Owns the format and nothing of what is then made of it. Addresses live here only for as long as a run takes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from core.errors import InputError
from core.signal.evidence import Kind
from core.signal.line_fields import (
    parse_address,
    parse_headers,
    parse_id,
    parse_method,
    parse_moment,
    parse_seconds,
    parse_text,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_VIEWED = "viewed"
_KINDS = {"open": Kind.OPEN, "click": Kind.CLICK, _VIEWED: None}
_HALF = re.compile(r"(?i)\\u(?:d[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2}\\u)d[c-f][0-9a-f]{2})")
_FIELDS = {
    "id": parse_id,
    "message": parse_text,
    "recipient": parse_text,
    "method": parse_method,
    "ua": parse_text,
    "ip": parse_address,
    "headers": parse_headers,
    "url": parse_text,
    "sender": parse_text,
    "at": parse_moment,
    "sent_at": parse_moment,
    "seconds_after_send": parse_seconds,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One checked line. `kind` is None for the sender's heads-up; `headers` has lower-case names, all of them."""

    number: int
    kind: Kind | None
    message: str
    id: str | int | None
    recipient: str | None
    sender: str | None
    method: str
    user_agent: str
    address: Address | None
    headers: Mapping[str, str]
    url: str | None
    at: datetime | None
    seconds_after_send: float | None


def parse_lines(lines: Iterable[str | bytes]) -> list[Line]:
    """Check every line of JSON lines; blank ones are passed over.

    Raises InputError, its text beginning with `line N: `, at the first that is not as the interface says.
    """
    return list(_parse_all(lines))


def _parse_all(lines: Iterable[str | bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        try:
            text = _decode(line, number)
            if text:
                yield _parse(_load(text), number)
        except ValueError as error:
            raise InputError(f"line {number}: {error}") from error


def _decode(line: str | bytes, number: int) -> str:
    try:
        text = line.decode() if isinstance(line, bytes) else line
        text.encode()  # text read with surrogates for bytes that are no UTF-8
    except UnicodeError:
        raise ValueError("not UTF-8") from None
    return (text.removeprefix("\ufeff") if number == 1 else text).strip()


def _load(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError(_blame(text)) from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _blame(text: str) -> str:
    """Say why text is not read: an escape of half a surrogate pair is JSON by its grammar, but no text."""
    half = _HALF.search(text)
    return f"not text: {half[0]} is half of a surrogate pair" if half else "not JSON"


def _parse(given: dict[str, Any], number: int) -> Line:
    kind = _kind(given)
    fields: dict[str, Any] = dict.fromkeys(_FIELDS)
    for name, value in given.items():
        if name == "kind":
            continue
        if name not in _FIELDS:
            raise ValueError(f"unknown field {_shown(name)}")
        if value is not None:
            fields[name] = _FIELDS[name](name, value)
    if not fields["message"]:
        raise ValueError("message is missing: it tells which message the line is about")
    headers: dict[str, str] = fields["headers"] or {}
    return Line(
        number=number,
        kind=kind,
        message=fields["message"],
        id=fields["id"],
        recipient=fields["recipient"] or None,
        sender=fields["sender"] or None,
        method=fields["method"] or "GET",
        user_agent=fields["ua"] if fields["ua"] is not None else headers.get("user-agent", ""),
        address=fields["ip"],
        headers=headers,
        url=fields["url"],
        at=fields["at"],
        seconds_after_send=_age(fields),
    )


def _kind(given: dict[str, Any]) -> Kind | None:
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError(f"kind must be one of {', '.join(_KINDS)}")
    return _KINDS[kind]


def _age(fields: dict[str, Any]) -> float | None:
    at, sent_at, seconds = fields["at"], fields["sent_at"], fields["seconds_after_send"]
    if sent_at is None:
        return seconds  # type: ignore[no-any-return]  # parse_seconds gave a float, or nothing was given
    if at is None:
        raise ValueError("sent_at needs at: without it nothing can be told from the moment of sending")
    if seconds is not None:
        raise ValueError("give sent_at or seconds_after_send, not both")
    return float((at - sent_at).total_seconds())


def _shown(name: str) -> str:
    """Show a name from outside on one line of a terminal."""
    return ascii(name if len(name) <= 40 else name[:40] + "…")
