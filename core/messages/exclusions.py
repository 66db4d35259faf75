"""Who is never tracked: addresses and domains, a person's own and the workspace's.

When an address is erased, its keyed digest stays in the place of the address, so that the choice outlives the data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.keys import Key, KeyRing
from core.messages.draft import clean_address, fold_address
from core.storage.setup import Exclusion

MOST_EXCLUSIONS: Final = 1000
_USE: Final = "exclusion"
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)[^\s@<>,;\"()\[\]\\\x00-\x1f\x7f]+(\.[^\s@<>,;\"()\[\]\\\x00-\x1f\x7f.]+)+")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The addresses and domains that are not tracked for one person."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    digests: frozenset[bytes] = frozenset()
    keys: tuple[Key, ...] = ()

    def cover(self, address: str) -> bool:
        """Say whether this address is never tracked. A domain covers all below it."""
        folded = fold_address(address)
        if folded in self.addresses:
            return True
        labels = folded.rpartition("@")[2].split(".")
        if any(".".join(labels[start:]) in self.domains for start in range(len(labels))):
            return True
        return bool(self.digests) and any(derive_digest(key, folded) in self.digests for key in self.keys)


NOBODY: Final = Exclusions()


@dataclass(frozen=True, slots=True)
class ExclusionItem:
    """One line of a list. `pattern` is None for an address that was erased."""

    id: str
    pattern: str | None
    created_at: datetime


def load_exclusions(session: Session, workspace_id: str, user_id: str, ring: KeyRing) -> Exclusions:
    """Load whom a person never tracks, the workspace's list included."""
    rows = session.execute(
        select(Exclusion.pattern, Exclusion.digest).where(
            Exclusion.workspace_id == workspace_id, or_(Exclusion.user_id.is_(None), Exclusion.user_id == user_id)
        )
    ).all()
    patterns = [pattern for pattern, _ in rows if pattern is not None]
    return Exclusions(
        frozenset(pattern for pattern in patterns if "@" in pattern),
        frozenset(pattern for pattern in patterns if "@" not in pattern),
        frozenset(digest for _, digest in rows if digest is not None),
        ring.keys,
    )


def parse_pattern(text: str) -> str:
    """Return an address, or a domain (also as `@example.com` or `*.example.com`), folded. Raises InputError."""
    folded = fold_address(text).removeprefix("*").removeprefix(".")
    if "@" in folded.lstrip("@"):
        return fold_address(clean_address(folded))
    domain = folded.lstrip("@").rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        shown = text if len(text) <= 80 else text[:77] + "..."
        raise InputError(f"{shown!r} is neither an e-mail address nor a domain such as example.com.")
    return domain


def add_exclusion(session: Session, workspace_id: str, user_id: str | None, text: str, now: datetime) -> str:
    """Put an address or domain on a list, the workspace's for None. Raises InputError; twice is once."""
    pattern = parse_pattern(text)
    listed = list_exclusions(session, workspace_id, user_id)
    if any(item.pattern == pattern for item in listed):
        return pattern
    if len(listed) >= MOST_EXCLUSIONS:
        raise InputError(f"A list holds at most {MOST_EXCLUSIONS} addresses and domains.")
    session.add(Exclusion(workspace_id=workspace_id, user_id=user_id, pattern=pattern, created_at=now))
    session.flush()
    return pattern


def list_exclusions(session: Session, workspace_id: str, user_id: str | None) -> list[ExclusionItem]:
    """List one list, the workspace's for None."""
    rows: Sequence[Exclusion] = session.scalars(
        select(Exclusion)
        .where(Exclusion.workspace_id == workspace_id, _of(user_id))
        .order_by(Exclusion.pattern, Exclusion.id)
    ).all()
    return [ExclusionItem(row.id, row.pattern, row.created_at) for row in rows]


def remove_exclusion(session: Session, workspace_id: str, user_id: str | None, exclusion_id: str) -> bool:
    """Take a line off a list. Return whether it was on it."""
    gone = delete(Exclusion).where(Exclusion.id == exclusion_id, Exclusion.workspace_id == workspace_id, _of(user_id))
    found = session.execute(gone.returning(Exclusion.id).execution_options(synchronize_session=False))
    return found.one_or_none() is not None


def _of(user_id: str | None) -> ColumnElement[bool]:
    return Exclusion.user_id.is_(None) if user_id is None else Exclusion.user_id == user_id


def list_naming(session: Session, workspace_id: str, folded_address: str) -> list[datetime]:
    """Return since when lists of a workspace name this very address."""
    rows = session.scalars(
        select(Exclusion.created_at)
        .where(Exclusion.workspace_id == workspace_id, Exclusion.pattern == folded_address)
        .order_by(Exclusion.created_at)
    )
    return list(rows)


def forget_address(session: Session, workspace_id: str, user_id: str | None, folded_address: str, key: Key) -> None:
    """Put the digest in the place of an erased address: on a user's own list, or on every list for None."""
    named = select(Exclusion).where(Exclusion.workspace_id == workspace_id, Exclusion.pattern == folded_address)
    for row in session.scalars(named if user_id is None else named.where(Exclusion.user_id == user_id)):
        row.pattern, row.digest = None, derive_digest(key, folded_address)
    session.flush()


def derive_digest(key: Key, folded_address: str) -> bytes:
    """Return the keyed digest that stands for an erased address."""
    return blake2b(folded_address.encode("utf-8", "surrogatepass"), key=key.derive(_USE), digest_size=32).digest()
