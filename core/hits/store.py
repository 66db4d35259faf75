"""Storing hits: one batch of the spool becomes judged, enriched events in one transaction.

Doing a batch twice changes nothing: its row and each event's identifier are unique. Judging is retroactive: the
stored hits that new ones relate to are judged with them, under their messages' locks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from core.enrich.enricher import Enriched
from core.hits import event_writing, loading, tallies
from core.hits.addresses import AddressKeeper
from core.hits.changes import EventChange
from core.hits.event_rows import JudgedEvent, build_new, parse_stored
from core.hits.loading import AT_PLACE, COPY_PLACE, CopyFacts
from core.hits.record import Hit, parse_records
from core.keys import KeyRing
from core.signal.evidence import NetworkKind, Verdict
from core.signal.judging import RULES_VERSION, judge
from core.signal.place import shows_place
from core.signal.thresholds import RELATED_SECONDS
from core.storage.accounts import Workspace
from core.storage.engine import Sessions
from core.storage.events import Batch

Describe = Callable[[str | None, str], Enriched]
Plan = Callable[[Session, Sequence[EventChange], datetime], list[str]]

log = structlog.get_logger(__name__)

_PASSING = (OperationalError, InterfaceError, IntegrityError)
"""The database is away, busy or in a race with another worker: shipping the batch again mends it."""
_PATIENCE = timedelta(hours=1)
_TELLING_NETWORKS = (NetworkKind.UNKNOWN, NetworkKind.ACCESS, NetworkKind.HOSTING, NetworkKind.MICROSOFT)


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """What storing a batch did. `due_alerts` are to be delivered at once."""

    hits: int
    events: int
    due_alerts: tuple[str, ...] = ()
    was_stored: bool = False


class HitStore:
    """Stores batches and judges again; one for each process."""

    def __init__(
        self,
        sessions: Sessions,
        describe: Describe,
        ring: KeyRing,
        plan: Plan,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._sessions = sessions
        self._describe = describe
        self._keeper = AddressKeeper(ring)
        self._plan = plan
        self._now = now or (lambda: datetime.now(UTC))

    def store(self, segment: str, start: int, end: int, payload: bytes) -> StoredBatch:
        """Store the hits of one batch, exactly once however often it is called. Raises what the database raises."""
        hits = list(parse_records(segment, start, payload))
        batch = {"segment": segment, "start": start, "end": end}
        try:
            return self._store_batch(batch, hits)
        except _PASSING:
            raise
        except Exception as error:
            sound = [hit for hit in hits if self._is_sound(hit)]
            if len(sound) == len(hits) or (not sound and self._are_recent(hits)):
                raise  # more likely a fault of ours than of each hit: shipped again, it may find it mended
            # What cannot be stored alone never will be; the others are not to wait for it.
            log.error("hits_not_storable", hits=len(hits) - len(sound), error=type(error).__name__)
            return self._store_batch(batch, sound)

    def _store_batch(self, batch: dict[str, Any], hits: Sequence[Hit]) -> StoredBatch:
        enriched = self._enrich(hits)  # not in the transaction, for others wait for it
        try:
            with self._sessions.begin() as session:
                session.add(Batch(**batch, hits=len(hits), stored_at=self._now()))
                session.flush()
                events, due = self._store_hits(session, hits, enriched)
        except IntegrityError:
            if self._is_stored(batch["segment"], batch["start"]):
                return StoredBatch(len(hits), 0, was_stored=True)
            raise
        return StoredBatch(len(hits), events, tuple(due))

    def _are_recent(self, hits: Sequence[Hit]) -> bool:
        return self._now() - _span(hits)[1] < _PATIENCE

    def _is_sound(self, hit: Hit) -> bool:
        """Say whether a hit can be stored by itself; nothing of it stays."""
        try:
            with self._sessions() as session:  # rolled back at its end
                self._store_hits(session, [hit], self._enrich([hit]))
        except _PASSING:
            raise
        except Exception:
            return False
        return True

    def forget_addresses(self) -> None:
        """Forget the full addresses that were seen."""
        self._keeper.forget()

    def _is_stored(self, segment: str, start: int) -> bool:
        with self._sessions() as session:
            return session.get(Batch, (segment, start)) is not None

    def _enrich(self, hits: Sequence[Hit]) -> list[Enriched]:
        return [self._describe(hit.address, hit.user_agent) for hit in hits]

    def _store_hits(self, session: Session, hits: Sequence[Hit], enriched: Sequence[Enriched]) -> tuple[int, list[str]]:
        if not hits:
            return 0, []
        since, until = _span(hits)
        copy_ids = {hit.copy_id for hit in hits}
        telling = self._telling_addresses(hits, enriched)
        crowd = loading.find_messages_sharing_address(session, telling, since, until)
        loading.lock_messages(session, crowd, copy_ids)
        # Only now: whoever held a lock before may have stored the other half of a burst, or erased a recipient.
        copies = loading.load_copies(session, copy_ids)
        new = self._build(hits, enriched, copies)
        stored_already = loading.find_stored(session, [event.evidence.id for event in new])
        new = [event for event in new if event.evidence.id not in stored_already]
        busy = self._find_busy(new, since) | crowd
        return self._judge_and_write(session, new, busy, copies, since, until)

    def _telling_addresses(self, hits: Sequence[Hit], enriched: Sequence[Enriched]) -> set[bytes]:
        """The addresses of which it matters how many messages they visit: not those that many people share anyway."""
        keys = (
            self._keeper.keep(hit.address).address_key
            for hit, found in zip(hits, enriched, strict=True)
            if found.network.kind in _TELLING_NETWORKS
        )
        return {key for key in keys if key is not None}

    def _build(
        self, hits: Sequence[Hit], enriched: Sequence[Enriched], copies: dict[int, CopyFacts]
    ) -> list[JudgedEvent]:
        """Build the new events; hits on copies that are gone, or that a recipient stopped, are dropped here."""
        new = []
        for hit, found in zip(hits, enriched, strict=True):
            facts = copies.get(hit.copy_id)
            if facts is not None and (facts.stopped_at is None or hit.at < facts.stopped_at):
                new.append(build_new(hit, found, facts, self._keeper))
        return new

    @staticmethod
    def _find_busy(new: Iterable[JudgedEvent], since: datetime) -> set[str]:
        """Find the messages that had an event lately, so that stored hits may relate to the new ones."""
        return {
            event.evidence.message
            for event in new
            if event.facts.last_event_at is not None
            and (since - event.facts.last_event_at).total_seconds() <= 2 * RELATED_SECONDS
        }

    def rejudge(self, session: Session, message_id: str, since: datetime, until: datetime) -> list[str]:
        """Judge again the hits of a message around a stretch of time; return the alerts that are due now."""
        loading.lock_messages(session, {message_id})
        return self._judge_and_write(session, [], {message_id}, {}, since, until)[1]

    def _judge_and_write(
        self,
        session: Session,
        new: list[JudgedEvent],
        busy: Collection[str],
        copies: dict[int, CopyFacts],
        since: datetime,
        until: datetime,
    ) -> tuple[int, list[str]]:
        events = new + self._load_related(session, busy, copies, since, until)
        messages = {event.evidence.message for event in events}
        views = loading.load_views(session, messages, since, until)
        for event, judgement in zip(events, judge([event.evidence for event in events], views), strict=True):
            event.judgement = judgement
        changed = [event for event in events if event.has_changed]
        if not changed:
            return 0, []
        now = self._now()
        changed.sort(key=lambda event: (event.at, event.evidence.id))
        self._write(session, changed, now)
        changes = [_describe_change(event, now) for event in changed]
        tallies.apply_changes(session, changes)
        return len(new), self._plan(session, changes, now)

    @staticmethod
    def _load_related(
        session: Session, busy: Collection[str], copies: dict[int, CopyFacts], since: datetime, until: datetime
    ) -> list[JudgedEvent]:
        """Load what the new hits may relate to; `copies` are those known already."""
        rows = loading.load_related(session, busy, since, until)
        unknown = {row[COPY_PLACE] for row in rows} - copies.keys()
        copies = copies | loading.load_copies(session, unknown) if unknown else copies
        near = timedelta(seconds=RELATED_SECONDS)
        earliest, latest = since - near, until + near
        return [
            parse_stored(row, copies[row[COPY_PLACE]], is_context=not earliest <= row[AT_PLACE] <= latest)
            for row in rows
            if row[COPY_PLACE] in copies
        ]

    @staticmethod
    def _write(session: Session, changed: Sequence[JudgedEvent], now: datetime) -> None:
        inserted, updated = [], []
        for event, position in zip(changed, _take_positions(session, changed), strict=True):
            verdict = _verdict_columns(event, position, now)
            if event.values is None:
                updated.append({"id": event.evidence.id, **verdict})
            else:
                inserted.append(_without_proxys_place(event))
                event.values.update(verdict)
        event_writing.update_events(session, updated)
        event_writing.insert_events(session, inserted)


def _span(hits: Sequence[Hit]) -> tuple[datetime, datetime]:
    """Return the times of the first and the last hit."""

    def moment(hit: Hit) -> int:
        return hit.at_microseconds

    return min(hits, key=moment).at, max(hits, key=moment).at


def _verdict_columns(event: JudgedEvent, position: int, now: datetime) -> dict[str, Any]:
    judgement = event.judgement
    assert judgement is not None
    return {
        "feed_position": position,
        "verdict": judgement.verdict.value,
        "confidence": judgement.confidence,
        "reasons": ",".join(judgement.reasons),
        "rules": RULES_VERSION,
        "settles_at": event.settles_at(now),
        "revision": event.revision + 1,
    }


def _without_proxys_place(event: JudgedEvent) -> dict[str, Any]:
    """Return the columns to insert, the place only where it is the reader's own."""
    judgement, values = event.judgement, event.values
    assert judgement is not None
    assert values is not None
    if values["country"] is not None and not shows_place(event.evidence, judgement.verdict):
        values.update(country=None, region=None, city=None)
    return values


def _take_positions(session: Session, changed: Sequence[JudgedEvent]) -> list[int]:
    """Take the next places in each workspace's feed, under that workspace's row lock until the transaction ends."""
    wanted: dict[str, int] = {}
    for event in changed:
        wanted[event.facts.workspace_id] = wanted.get(event.facts.workspace_id, 0) + 1
    following: dict[str, int] = {}
    for workspace_id, count in sorted(wanted.items()):
        raised = (
            update(Workspace)
            .where(Workspace.id == workspace_id)
            .values(feed_position=Workspace.feed_position + count)
            .returning(Workspace.feed_position)
            .execution_options(synchronize_session=False)
        )
        following[workspace_id] = session.execute(raised).scalar_one() - count
    positions = []
    for event in changed:
        following[event.facts.workspace_id] += 1
        positions.append(following[event.facts.workspace_id])
    return positions


def _describe_change(event: JudgedEvent, now: datetime) -> EventChange:
    judgement = event.judgement
    verdict: Verdict | None = judgement.verdict if judgement else None
    return EventChange(
        event_id=event.evidence.id,
        workspace_id=event.facts.workspace_id,
        user_id=event.facts.user_id,
        message_id=event.evidence.message,
        recipient_id=event.facts.recipient_id,
        kind=event.evidence.kind,
        at=event.at,
        link_number=event.link_number,
        is_new=event.is_new,
        old_verdict=event.old_verdict,
        verdict=verdict,
        settles_at=event.settles_at(now),
        is_sample=event.facts.is_sample,
    )
