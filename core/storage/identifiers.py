"""Identifiers: 128 bits as 32 hexadecimal digits, the first 48 bits the time in milliseconds, so that they sort."""

from __future__ import annotations

import secrets
import time
from hashlib import blake2b


def create_id() -> str:
    """Make a new identifier."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def create_copy_id() -> int:
    """Make a new copy id: 64 random bits, never 0."""
    return secrets.randbits(64) or 1


def derive_event_id(hit_id: str, at_milliseconds: int) -> str:
    """Return the identifier of the event that a hit becomes: the same each time, so that storing twice is harmless."""
    return f"{at_milliseconds & 0xFFFFFFFFFFFF:012x}{blake2b(hit_id.encode(), digest_size=10).hexdigest()}"
