"""What a check found: one line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"  # it works, but something wants a look
    FAIL = "fail"  # it does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked part; `text` says what is, and where it is not well what mends it."""

    level: Level
    part: str
    text: str

    def __str__(self) -> str:
        return f"{self.level.value:<5} {self.part:<12} {' '.join(self.text.split())}"


def ok(part: str, text: str) -> Finding:
    """Find a part well."""
    return Finding(Level.OK, part, text)


def warn(part: str, text: str) -> Finding:
    """Find a part working, with something to look at."""
    return Finding(Level.WARN, part, text)


def fail(part: str, text: str) -> Finding:
    """Find a part not working."""
    return Finding(Level.FAIL, part, text)
