"""The activity list: messages within one's sight, newest first, with its filters.

What has an index is found at once. The rest (a searched word, a state, a mode; an index on what hits change would make
each hit dearer) is looked for in stretches of the list, newest first, for as long as the reader should wait: the answer
says how far that went, and its cursor goes on from there, through all that is left in one go. No search is ever cut off
without a word.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, sees_message
from core.messages.draft import fold_address
from core.storage.engine import Sessions
from core.storage.messages import Message, Recipient
from core.timeline.cursors import decode_place, encode_place
from core.timeline.messages import MessageItem, read_messages
from core.timeline.outbox import contains, matches_text, recipient_contains

_KIND: Final = "a"
_STRETCH: Final = 5000
_STRETCH_OF_TEXT: Final = 1000
_PART: Final = 500
_PART_SECONDS: Final = 0.2
READ: Final = ("read", "clicked", "replied")
STATES: Final = ("read", "clicked", "replied", "bounced", "sent", "draft")
"""What can be asked for: `read` is whatever a person opened, followed or answered, `sent` what shows no sign of it."""
MODES: Final = ("shared", "per_recipient")
OWNERS: Final = ("own", "team")
_SCANNED: Final = (Message.subject, Message.sender, Message.status, Message.click_count, Message.mode)

_Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are wanted; all that are given must hold. `until` is exclusive; `owner` one of OWNERS."""

    q: str | None = None
    person: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    mode: str | None = None
    owner: str | None = None

    @property
    def is_searched(self) -> bool:
        """Say whether stretches must be looked through."""
        return bool(self.q or self.mode or self.state)

    @property
    def stretch(self) -> int:
        """How many messages are looked through at a time."""
        return _STRETCH_OF_TEXT if self.q else _STRETCH


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list. With `searched_to` the search went back to there and can go on by the cursor."""

    items: tuple[MessageItem, ...]
    next_cursor: str | None
    searched_to: datetime | None = None


def list_activity(
    session: Session, sight: Sight, wanted: Wanted, *, cursor: str | None, limit: int, patience: float | None
) -> Listing:
    """List messages, drafts first, then by time of sending. Raises InputError.

    `patience`: after how many seconds a search stops at the next opportunity; None searches to the end.
    """
    place = None if cursor is None else decode_place(_KIND, cursor)
    finder = _Finder(session, sight, wanted)
    keys: list[Any] = []
    if place is None or place[0] is None:
        keys = finder.find_drafts(None if place is None else place[1], limit + 1)
        place = None
    edge: _Place | None = None
    if len(keys) <= limit:
        start = None if place is None or place[0] is None else (place[0], place[1])
        found, edge = finder.find_sent(start, limit + 1 - len(keys), patience)
        keys += found
    items = load_in_order(session, [key.id for key in keys[:limit]])
    if len(keys) > limit:
        return Listing(items, encode_place(_KIND, keys[limit - 1].sent_at, keys[limit - 1].id))
    return Listing(items, encode_place(_KIND, *edge) if edge else None, edge[0] if edge else None)


def iterate_activity(sessions: Sessions, sight: Sight, wanted: Wanted, most: int) -> Iterator[MessageItem]:
    """Yield all that is wanted, up to `most`; between its parts no transaction stays open."""
    cursor: str | None = None
    count = 0
    while count < most:
        with sessions() as session:
            limit = min(_PART, most - count)
            page = list_activity(session, sight, wanted, cursor=cursor, limit=limit, patience=_PART_SECONDS)
        yield from page.items
        count += len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def load_in_order(session: Session, ids: list[str]) -> tuple[MessageItem, ...]:
    """Load messages in the order of their ids."""
    found = {message.id: message for message in session.scalars(select(Message).where(Message.id.in_(ids)))}
    return read_messages(session, [found[id_] for id_ in ids if id_ in found])


class _Finder:
    """Finds the keys (`id`, `sent_at`) of messages."""

    def __init__(self, session: Session, sight: Sight, wanted: Wanted) -> None:
        self._session, self._sight, self._wanted = session, sight, wanted
        self._conditions = _conditions(wanted)

    def find_drafts(self, after: str | None, count: int) -> list[Any]:
        """Find what was not sent and has no time to be ordered by; there is never much of it."""
        if self._wanted.state not in (None, "draft") or self._wanted.since or self._wanted.until:
            return []
        older = () if after is None else (Message.id < after,)
        where = (Message.sent_at.is_(None), *self._conditions, *older)
        if not self._wanted.is_searched:
            return list(self._session.execute(self._select(where, count, by_time=False)))
        return list(
            self._session.execute(
                self._search(self._select(where, self._wanted.stretch, *_SCANNED, by_time=False), count)
            )
        )

    def find_sent(self, place: _Place | None, count: int, patience: float | None) -> tuple[list[Any], _Place | None]:
        """Find what was sent, older than `place`; also where a search stopped, None if it did not need to."""
        if self._wanted.state == "draft":
            return [], None
        if not self._wanted.is_searched:
            return list(self._session.execute(self._select(self._below(place), count))), None
        if patience is None:
            where = (*self._below(place), *_match(self._wanted))
            return list(self._session.execute(self._select(where, count))), None
        found: list[Any] = []
        end = time.monotonic() + patience
        while True:
            edge = self._find_edge(place)
            stretch = self._select(self._below(place), self._wanted.stretch, *_SCANNED)
            found += self._session.execute(self._search(stretch, count - len(found)))
            if edge is None or len(found) >= count:
                return found, None
            place = edge
            if time.monotonic() >= end:
                return found, edge

    def _search(self, stretch: Select[Any], count: int) -> Select[Any]:
        """Look through a stretch for what no index finds: each of its messages once, and their recipients once."""
        keys = stretch.cte("stretch")
        query = select(keys.c.id, keys.c.sent_at).where(*_scan(keys, self._wanted))
        return query.order_by(keys.c.sent_at.desc(), keys.c.id.desc()).limit(count)

    def _find_edge(self, place: _Place | None) -> _Place | None:
        """Find where a stretch ends, None where the list does."""
        keys = self._select(self._below(place), self._wanted.stretch).subquery()
        query = select(keys.c.sent_at, keys.c.id).order_by(keys.c.sent_at.desc(), keys.c.id.desc())
        row = self._session.execute(query.offset(self._wanted.stretch - 1).limit(1)).one_or_none()
        return None if row is None else (row.sent_at, row.id)

    def _below(self, place: _Place | None) -> tuple[ColumnElement[bool], ...]:
        older = () if place is None else (_before(place),)
        return (Message.sent_at.is_not(None), *self._conditions, *older)

    def _select(
        self, where: tuple[ColumnElement[bool], ...], count: int, *more: Any, by_time: bool = True
    ) -> Select[Any]:
        """Select keys along the indexes: own mail and what others share are each in order, and merged."""
        order = (Message.sent_at.desc(), Message.id.desc()) if by_time else (Message.id.desc(),)
        keys = select(Message.id, Message.sent_at, *more)
        if self._wanted.person is not None:  # few: found by their address, not along the list
            query = keys.where(sees_message(self._sight), *self._owned(), *where).order_by(*order).limit(count)
            merged = query.subquery()
        else:
            parts = [keys.where(part, *where).order_by(*order).limit(count).subquery() for part in self._parts()]
            merged = union_all(*(select(part) for part in parts)).subquery()
        columns = (merged.c.sent_at.desc(), merged.c.id.desc()) if by_time else (merged.c.id.desc(),)
        return select(merged).order_by(*columns).limit(count)

    def _parts(self) -> list[ColumnElement[bool]]:
        sight = self._sight
        in_workspace = Message.workspace_id == sight.workspace_id
        own = and_(in_workspace, Message.user_id == sight.user_id)
        team = and_(in_workspace, Message.is_shared, Message.user_id != sight.user_id, sees_message(sight))
        if self._wanted.owner == "own" or sight.own_only:
            return [own]
        return [team] if self._wanted.owner == "team" else [own, team]

    def _owned(self) -> tuple[ColumnElement[bool], ...]:
        return () if self._wanted.owner is None else (or_(*self._parts()),)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions that an index serves."""
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(Message.sent_at >= wanted.since)
    if wanted.until is not None:
        found.append(Message.sent_at < wanted.until)
    if wanted.person is not None:
        theirs = select(Recipient.message_id).where(Recipient.address_folded == fold_address(wanted.person))
        found.append(Message.id.in_(theirs))
    return found


def _match(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return what `_scan` does, for all messages at once."""
    return _match_columns(Message, wanted) + ([matches_text(wanted.q)] if wanted.q else [])


def _scan(keys: CTE, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions that are looked for row by row."""
    found = _match_columns(keys.c, wanted)
    if wanted.q:
        # A scalar, not EXISTS: PostgreSQL would read all recipients there are rather than those of a stretch.
        fits = func.max(case((recipient_contains(wanted.q), 1), else_=0))
        theirs = select(fits).where(Recipient.message_id == keys.c.id).scalar_subquery()
        found.append(or_(contains(keys.c.subject, wanted.q), contains(keys.c.sender, wanted.q), theirs == 1))
    return found


def _match_columns(columns: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == "read":
        found.append(columns.status.in_(READ))
    elif wanted.state == "clicked":
        found.append(columns.click_count > 0)
    elif wanted.state is not None:
        found.append(columns.status == wanted.state)
    if wanted.mode is not None:
        found.append(columns.mode == wanted.mode)
    return found


def _before(place: _Place) -> ColumnElement[bool]:
    at, identifier = literal(place[0], Message.sent_at.type), literal(place[1], Message.id.type)
    return tuple_(Message.sent_at, Message.id) < tuple_(at, identifier)
