"""The roles that people have in a workspace, and which of them manage it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person may do in a workspace, beside seeing their own mail."""

    OWNER = "owner"  # everything; every workspace has one at least
    ADMIN = "admin"  # manages people, but no owner and no admin
    MEMBER = "member"


OWNERS: Final = frozenset({Role.OWNER})
MANAGERS: Final = frozenset({Role.OWNER, Role.ADMIN})
EVERYONE: Final = frozenset(Role)


def may_manage(actor: str, other: str) -> bool:
    """Say whether a person of role `actor` may change, remove or invite one of role `other`."""
    return actor == Role.OWNER or (actor == Role.ADMIN and other == Role.MEMBER)
