"""Cursors of paged lists: opaque to clients, versioned, checked on the way in.

A cursor is base64url of a version, the kind of list, the place reached, and a checksum that catches made-up ones. It
is no secret and gives no access: lists are always those of the caller's workspace.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

from core.errors import InputError

_VERSION: Final = "1"
_CHECK_BYTES: Final = 6
_MAXIMUM_CHARACTERS: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MESSAGE: Final = "not a cursor of this list: use `next` of an earlier answer as it is"

Place = tuple[datetime | None, str]


def encode_position(kind: str, position: int) -> str:
    """Make the cursor of a list that is ordered by one number."""
    return _encode(kind, str(position))


def decode_position(kind: str, cursor: str) -> int:
    """Undo `encode_position`. Raises InputError."""
    (text,) = _decode(kind, cursor, 1)
    return _parse_integer(text)


def encode_place(kind: str, at: datetime | None, identifier: str) -> str:
    """Make the cursor of a list that is ordered by time, then by id; `at` is None where an item has no time."""
    return _encode(kind, "" if at is None else str((at - _EPOCH) // timedelta(microseconds=1)), identifier)


def decode_place(kind: str, cursor: str) -> Place:
    """Undo `encode_place`. Raises InputError."""
    time, identifier = _decode(kind, cursor, 2)
    if not _IDENTIFIER.fullmatch(identifier):
        raise InputError(_MESSAGE)
    if not time:
        return None, identifier
    try:
        return _EPOCH + timedelta(microseconds=_parse_integer(time)), identifier
    except OverflowError as error:
        raise InputError(_MESSAGE) from error


def _encode(kind: str, *parts: str) -> str:
    body = ".".join((_VERSION, kind, *parts)).encode("ascii")
    return urlsafe_b64encode(_check(body) + body).rstrip(b"=").decode("ascii")


def _decode(kind: str, cursor: str, count: int) -> list[str]:
    try:
        if len(cursor) > _MAXIMUM_CHARACTERS:
            raise InputError(_MESSAGE)
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        body = raw[_CHECK_BYTES:]
        version, found, *parts = body.decode("ascii").split(".")
    except (binascii.Error, ValueError) as error:  # of which UnicodeError is one
        raise InputError(_MESSAGE) from error
    if raw[:_CHECK_BYTES] != _check(body) or (version, found, len(parts)) != (_VERSION, kind, count):
        raise InputError(_MESSAGE)
    return parts


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECK_BYTES, person=b"mailerplex-page").digest()


def _parse_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise InputError(_MESSAGE)
    return int(text)
