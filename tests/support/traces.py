"""Looking for a text in everything that an installation leaves behind, however it may be encoded there."""

from __future__ import annotations

import base64
import quopri
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Engine, inspect, text


def encodings(secret: str) -> dict[str, bytes]:
    """Return the byte strings that would betray a text: plain, base64 at each alignment, quoted-printable, UTF-16."""
    raw = secret.encode()
    found = {"plain": raw, "quoted-printable": quopri.encodestring(raw), "utf-16": secret.encode("utf-16-le")}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        found[f"base64 at {shift}"] = encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]
    return found


def find_traces(secret: str, sources: Iterable[tuple[str, bytes]]) -> list[str]:
    """Say where a text is found, and in which form."""
    forms = encodings(secret)
    return [f"{place}: {form}" for place, content in sources for form, part in forms.items() if part in content]


def read_files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Read all files below folders: databases and their logs, spool, keys, logs."""
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            try:
                if path.is_file():
                    yield str(path), path.read_bytes()
            except OSError:  # gone meanwhile, as segments go
                continue


def read_redis(url: str) -> Iterator[tuple[str, bytes]]:
    """Read every key and value of a Redis, what RQ compressed also unpacked."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=1000):
            yield f"key {key!r}", key
            for value in _values(client, key):
                yield f"value of {key!r}", value
                try:
                    yield f"unpacked value of {key!r}", zlib.decompress(value)
                except zlib.error:
                    continue


def _values(client: Any, key: bytes) -> list[bytes]:
    kind = client.type(key)
    if kind == b"string":
        return [client.get(key) or b""]
    if kind == b"hash":
        return [part for pair in client.hgetall(key).items() for part in pair]
    if kind == b"list":
        return list(client.lrange(key, 0, -1))
    if kind == b"set":
        return list(client.smembers(key))
    if kind == b"zset":
        return list(client.zrange(key, 0, -1))
    return [part for _, fields in client.xrange(key) for pair in fields.items() for part in pair]


def read_tables(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Read every row of every table."""
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                for name, value in row._mapping.items():
                    yield f"{table}.{name}", value if isinstance(value, bytes) else str(value).encode()
