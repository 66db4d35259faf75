"""What may be read of the audit log: owners and admins read the workspace's, all others what they did themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from core.accounts.roles import MANAGERS
from core.accounts.sessions import Viewer
from core.storage.accounts import User
from core.storage.auditing import AuditEntry
from core.storage.engine import Sessions
from core.timeline.cursors import decode_place, encode_place
from core.timeline.paging import Page

NOBODY: Final = "nobody"
"""Chooses what nobody signed in did, in place of a person's id."""

_CURSOR: Final = "a"
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class AuditView:
    """One entry, with who did it as they are called now."""

    id: str
    at: datetime
    action: str
    actor_name: str | None
    actor_email: str | None
    thing: str | None
    detail: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted: all that is given must hold. `actor` is a user's id, or NOBODY."""

    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def reads_all(viewer: Viewer) -> bool:
    """Say whether a person reads the whole workspace's log."""
    return viewer.role in MANAGERS


def list_audit(
    session: Session, viewer: Viewer, wanted: AuditFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[AuditView]:
    """List entries, newest first, from a cursor on. Raises InputError for a made-up cursor."""
    entry = AuditEntry
    query = (
        select(entry.id, entry.at, entry.action, User.name, User.email, entry.thing, entry.detail, entry.address)
        .outerjoin(User, User.id == entry.actor_id)
        .where(entry.workspace_id == viewer.workspace_id, *_conditions(viewer, wanted))
        .order_by(entry.at.desc(), entry.id.desc())
    )
    if cursor is not None:
        at, identifier = decode_place(_CURSOR, cursor)
        query = query.where(entry.at <= at, or_(entry.at < at, and_(entry.at == at, entry.id <= identifier)))
    items = tuple(AuditView(*row) for row in session.execute(query.limit(limit + 1)))
    more = items[limit] if len(items) > limit else None
    return Page(items[:limit], None if more is None else encode_place(_CURSOR, more.at, more.id))


def _conditions(viewer: Viewer, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if not reads_all(viewer):
        conditions.append(AuditEntry.actor_id == viewer.user_id)
    if wanted.actor == NOBODY:
        conditions.append(AuditEntry.actor_id.is_(None))
    elif wanted.actor is not None:
        conditions.append(AuditEntry.actor_id == wanted.actor)
    if wanted.action is not None:
        conditions.append(AuditEntry.action == wanted.action)
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntry.at < wanted.until)
    return conditions


def read_audit(sessions: Sessions, viewer: Viewer, wanted: AuditFilter) -> Iterator[AuditView]:
    """Read all entries, newest first, in batches, so that no transaction stays open for long."""
    cursor: str | None = None
    while True:
        with sessions() as session:
            page = list_audit(session, viewer, wanted, cursor=cursor, limit=_BATCH)
        yield from page.items
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


def list_actors(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """List (id, name) of those whose entries a person may read."""
    people = select(User.id, User.name, User.email).where(User.workspace_id == viewer.workspace_id)
    if not reads_all(viewer):
        people = people.where(User.id == viewer.user_id)
    return [(row.id, row.name or row.email) for row in session.execute(people.order_by(User.email))]
