"""What a token of the API may do: each operation needs one of these (RFC 6749, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from core.errors import InputError
from core.wording import mark


class Scope(StrEnum):
    """One right. The values are stored and sent; they never change."""

    READ_MESSAGES = "messages:read"
    WRITE_MESSAGES = "messages:write"
    READ_EVENTS = "events:read"
    READ_RECIPIENTS = "recipients:read"
    ERASE_RECIPIENTS = "recipients:erase"


MEANINGS: Final = {
    Scope.READ_MESSAGES: mark("Read messages, their recipients and links"),
    Scope.WRITE_MESSAGES: mark("Register and remove messages, say that you look at one, correct events"),
    Scope.READ_EVENTS: mark("Read timelines and follow the feed"),
    Scope.READ_RECIPIENTS: mark("Read everything that is held on an address"),
    Scope.ERASE_RECIPIENTS: mark("Erase everything that is held on an address"),
}
ALL: Final = frozenset(Scope)


def parse_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """Read scopes by their values. Raises InputError for none at all, or one that there is not."""
    wanted = list(words)
    unknown = [word for word in wanted if word not in tuple(Scope)]
    if unknown or not wanted:
        raise InputError(f"A token needs at least one scope, of these: {', '.join(Scope)}.")
    return frozenset(map(Scope, wanted))


def write_scopes(scopes: Iterable[Scope]) -> str:
    """Write scopes as they are stored."""
    return " ".join(sorted(scopes))


def read_scopes(stored: str) -> frozenset[str]:
    """Read what is stored; a scope that this version no longer knows gives no right."""
    return frozenset(stored.split()) & ALL
