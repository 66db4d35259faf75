"""Storing batches: exactly once, judged with what came before, the sums right, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from core.enrich.enricher import Enriched
from core.hits.changes import EventChange
from core.hits.record import encode_record
from core.hits.store import HitStore, StoredBatch
from core.keys import KeyRing
from core.signal.evidence import Client, Location, Network, NetworkKind
from core.storage.engine import Sessions
from core.storage.models import Batch, Copy, Event, Link, Message, Recipient, User, View, Workspace
from core.timeline.events import read_event, select_events

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
SENT_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def describe(address: str | None, user_agent: str) -> Enriched:
    """Enrich as if 66.249.x were Google's, all else a network with a known place."""
    if address is not None and address.startswith("66.249."):
        return Enriched(Network(NetworkKind.GOOGLE, 15169, "Google"), Client("Gmail"), None)
    return Enriched(Network(NetworkKind.ACCESS, 3320, None), Client("Chrome", "Windows"), Location("DE", None, "Bonn"))


@dataclass
class Bench:
    """A store, the changes that it reported, and a spool segment to fill."""

    store: HitStore
    sessions: Sessions
    owner: User
    changes: list[EventChange]
    position: int = 0
    segment: str = "5e" * 16
    records: list[bytes] = field(default_factory=list)

    def send(self, *addresses: str, links: int = 6) -> int:
        """Track one message to `addresses`, in one copy; return the copy's id."""
        with self.sessions.begin() as session:
            message = Message(
                workspace_id=self.owner.workspace_id,
                user_id=self.owner.id,
                subject="Offer",
                sender="owner@example.com",
                mode="shared",
                status="sent",
                sent_at=SENT_AT,
                created_at=SENT_AT,
            )
            session.add(message)
            session.flush()
            copy = Copy(message_id=message.id)
            session.add(copy)
            session.flush()
            for address in addresses:
                session.add(
                    Recipient(
                        message_id=message.id, copy_id=copy.id, address=address, address_folded=address, kind="to"
                    )
                )
            for number in range(links):
                session.add(Link(message_id=message.id, number=number, url=f"https://example.com/{number}"))
        return copy.id

    def hit(
        self,
        copy_id: int,
        at: datetime,
        *,
        link: int | None = None,
        agent: str = CHROME,
        address: str = "93.184.216.34",
    ) -> None:
        """Add a hit to the batch to come."""
        environ = {
            "REQUEST_METHOD": "GET",
            "HTTP_USER_AGENT": agent,
            "HTTP_ACCEPT_LANGUAGE": "en",
        }
        if link is not None:
            environ |= {"HTTP_SEC_FETCH_MODE": "navigate", "HTTP_SEC_FETCH_USER": "?1"}
        moment = int(at.timestamp() * 1_000_000)
        self.records.append(encode_record("o" if link is None else "c", moment, copy_id, link, address, environ))

    def ship(self) -> StoredBatch:
        """Store what was added as the segment's next batch."""
        payload = b"".join(self.records)
        self.records.clear()
        start = self.position
        self.position += len(payload)
        return self.store.store(self.segment, start, self.position, payload)

    def events(self) -> list[Event]:
        """Read all events, in the order of the feed."""
        with self.sessions() as session:
            return list(session.scalars(select(Event).order_by(Event.feed_position)))

    def message(self) -> Message:
        """Read the one message."""
        with self.sessions() as session:
            return session.scalars(select(Message)).one()


@pytest.fixture
def bench(sessions: Sessions, ring: KeyRing, owner: User) -> Bench:
    """A store on an empty database."""
    changes: list[EventChange] = []

    def plan(_session: Session, new: Sequence[EventChange], _now: datetime) -> list[str]:
        changes.extend(new)
        return [change.event_id for change in new if change.is_new]

    return Bench(HitStore(sessions, describe, ring, plan), sessions, owner, changes)


def test_an_open_through_gmail_becomes_an_event_with_its_reader(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    bench.hit(copy_id, SENT_AT + HOUR, agent=GMAIL, address="66.249.84.1")
    stored = bench.ship()
    (event,) = bench.events()
    assert (stored.hits, stored.events, stored.due_alerts) == (1, 1, (event.id,))
    assert (event.kind, event.verdict, event.revision) == ("open", "human_via_proxy", 1)
    assert event.at == SENT_AT + HOUR
    assert event.recipient_id is not None
    assert event.country is None, "a proxy's place is not the reader's"
    message = bench.message()
    assert (message.status, message.human_via_proxy_count, message.click_count) == ("read", 1, 0)
    assert message.last_human_at == message.last_event_at == SENT_AT + HOUR


def test_what_is_kept_of_an_address_is_its_network_and_hashes(bench: Bench) -> None:
    bench.hit(bench.send("ann@example.com"), SENT_AT + HOUR, address="93.184.216.34")
    bench.ship()
    (event,) = bench.events()
    assert event.address_cut == "93.184.216.0/24"
    assert event.address_key is not None
    assert len(event.address_key) == 12
    assert event.address_key != event.network_key
    assert event.city == "Bonn"


def test_the_same_batch_again_changes_nothing(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    bench.hit(copy_id, SENT_AT + HOUR, agent=GMAIL, address="66.249.84.1")
    records = list(bench.records)
    bench.ship()
    before = bench.message().human_via_proxy_count
    bench.records, bench.position = records, 0
    again = bench.ship()
    assert again.was_stored
    assert again.due_alerts == ()
    assert len(bench.events()) == 1
    assert bench.message().human_via_proxy_count == before == 1


def test_a_batch_cut_otherwise_stores_only_the_hits_that_are_missing(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    bench.hit(copy_id, SENT_AT + HOUR, agent=GMAIL, address="66.249.84.1")
    first = b"".join(bench.records)
    bench.hit(copy_id, SENT_AT + 2 * HOUR, agent=GMAIL, address="66.249.84.2")
    both = b"".join(bench.records)
    # The first hit in a batch of its own that begins one byte later: another row, the same hit.
    bench.store.store(bench.segment, 1, len(first), first[1:])
    assert len(bench.events()) == 1
    bench.store.store(bench.segment, 0, len(both), both)
    assert len(bench.events()) == 2
    assert bench.message().human_via_proxy_count == 2


def test_two_workers_storing_one_batch_at_once_store_it_once(bench: Bench) -> None:
    copy_ids = [bench.send(f"p{number}@example.com") for number in range(20)]
    for number, copy_id in enumerate(copy_ids):
        bench.hit(copy_id, SENT_AT + HOUR + timedelta(seconds=number), agent=GMAIL, address="66.249.84.1")
    payload = b"".join(bench.records)
    barrier = threading.Barrier(2)
    results: list[StoredBatch] = []

    def work() -> None:
        barrier.wait()
        results.append(bench.store.store(bench.segment, 0, len(payload), payload))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(result.events for result in results) == [0, 20]
    assert len(bench.events()) == 20


def test_a_burst_of_links_makes_the_first_click_a_scanners_after_the_fact(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    at = SENT_AT + HOUR
    bench.hit(copy_id, at, link=0)
    bench.ship()
    (first,) = bench.events()
    assert first.verdict == "human"
    assert bench.message().status == "clicked"
    for number in range(1, 6):
        bench.hit(copy_id, at + timedelta(seconds=number), link=number)
    bench.ship()
    events = bench.events()
    assert {event.verdict for event in events} == {"scanner"}
    rejudged = next(event for event in events if event.id == first.id)
    assert rejudged.revision == 2
    assert rejudged.feed_position > first.feed_position, "a re-judged event comes again in the feed"
    message = bench.message()
    assert (message.status, message.click_count, message.human_count, message.scanner_count) == ("sent", 0, 0, 6)
    assert message.last_human_at is None
    with bench.sessions() as session:
        assert set(session.scalars(select(Link.clicks))) == {0}
        assert session.scalars(select(Recipient)).one().status == "sent"
    change = next(change for change in bench.changes if not change.is_new)
    assert (change.event_id, change.old_verdict, change.verdict) == (first.id, "human", "scanner")


def test_a_scanners_verdict_is_not_taken_back_when_the_evidence_is_out_of_sight(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    at = SENT_AT + HOUR
    for number in range(6):
        bench.hit(copy_id, at + timedelta(seconds=number), link=number)
    bench.ship()
    # Hits enough that the burst is no more among the latest that are loaded, yet within reach of the first of them.
    for number in range(60):
        bench.hit(copy_id, at + timedelta(seconds=60 + number), agent=GMAIL, address="66.249.84.1")
        bench.ship()
    clicks = [event for event in bench.events() if event.kind == "click"]
    assert {event.verdict for event in clicks} == {"scanner"}
    assert {event.revision for event in clicks} == {1}


def test_hits_on_a_message_that_is_gone_or_stopped_are_dropped(bench: Bench) -> None:
    gone, stopped = bench.send("ann@example.com"), bench.send("ben@example.com")
    with bench.sessions.begin() as session:
        session.delete(session.get(Copy, gone))
        copy = session.get(Copy, stopped)
        assert copy is not None
        copy.stopped_at = SENT_AT + HOUR
    bench.hit(gone, SENT_AT + HOUR)
    bench.hit(stopped, SENT_AT + 2 * HOUR)
    bench.hit(12345, SENT_AT + HOUR)
    stored = bench.ship()
    assert (stored.hits, stored.events) == (3, 0)
    assert bench.events() == []
    with bench.sessions() as session:
        assert session.scalars(select(Batch)).one().hits == 3


def test_a_shared_copy_names_no_reader(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com", "ben@example.com")
    bench.hit(copy_id, SENT_AT + HOUR, agent=GMAIL, address="66.249.84.1")
    bench.ship()
    (event,) = bench.events()
    assert event.recipient_id is None
    with bench.sessions() as session:
        assert set(session.scalars(select(Recipient.status))) == {"sent"}


def test_the_senders_heads_up_makes_the_hits_around_it_their_own(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    at = SENT_AT + HOUR
    bench.hit(copy_id, at, agent=GMAIL, address="66.249.84.1")
    bench.ship()
    message = bench.message()
    with bench.sessions.begin() as session:
        session.add(View(message_id=message.id, user_id=bench.owner.id, at=at - timedelta(seconds=2)))
        session.flush()
        bench.store.rejudge(session, message.id, at, at)
    (event,) = bench.events()
    assert event.verdict == "self"
    assert bench.message().status == "sent"
    assert bench.message().self_count == 1


def test_a_persons_word_stands_and_can_be_taken_back(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    at = SENT_AT + HOUR
    for number in range(6):
        bench.hit(copy_id, at + timedelta(seconds=number), link=number)
    bench.ship()
    message = bench.message()
    chosen = bench.events()[0].id

    def correct(verdict: str | None) -> Event:
        with bench.sessions.begin() as session:
            event = session.get(Event, chosen)
            assert event is not None
            event.corrected = verdict
            session.flush()
            bench.store.rejudge(session, message.id, event.at, event.at)
        return next(event for event in bench.events() if event.id == chosen)

    assert correct("human").verdict == "human"
    assert bench.message().status == "clicked"
    taken_back = correct(None)
    assert (taken_back.verdict, taken_back.revision) == ("scanner", 3)
    assert bench.message().status == "sent"


def test_one_address_over_many_messages_is_a_scanner_also_for_the_first_of_them(bench: Bench) -> None:
    at = SENT_AT + HOUR
    for number in range(12):
        copy_id = bench.send(f"p{number}@firm{number}.example")
        bench.hit(copy_id, at + timedelta(seconds=5 * number), address="93.184.216.34")
        bench.ship()
        if number == 0:
            assert bench.events()[0].verdict == "human"
    assert {event.verdict for event in bench.events()} == {"scanner"}


def test_positions_in_the_feed_are_unique_and_without_gaps(bench: Bench) -> None:
    for number in range(5):
        bench.hit(bench.send(f"p{number}@example.com"), SENT_AT + HOUR, agent=GMAIL, address=f"66.249.84.{number}")
        bench.ship()
    assert [event.feed_position for event in bench.events()] == [1, 2, 3, 4, 5]
    with bench.sessions() as session:
        assert session.scalars(select(Workspace.feed_position)).one() == 5


def test_a_hit_before_sending_does_not_count_as_read(bench: Bench) -> None:
    bench.hit(bench.send("ann@example.com"), SENT_AT - HOUR, agent=GMAIL, address="66.249.84.1")
    bench.ship()
    (event,) = bench.events()
    assert event.verdict == "self"
    assert bench.message().status == "sent"


def test_odd_bytes_in_a_hit_are_stored_without_harm(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    bench.hit(copy_id, SENT_AT + HOUR, agent="a\x00b\ud800c" + "x" * 70_000, address="not an address")
    bench.ship()
    (event,) = bench.events()
    assert event.user_agent is not None
    assert "\x00" not in event.user_agent
    assert len(event.user_agent) <= 512
    assert event.address_cut is None


def test_the_place_of_a_click_is_shown_no_more_once_it_is_a_scanners(bench: Bench) -> None:
    copy_id = bench.send("ann@example.com")
    at = SENT_AT + HOUR
    bench.hit(copy_id, at, link=0)
    bench.ship()

    def places() -> set[str | None]:
        with bench.sessions() as session:
            items = [read_event(row) for row in session.execute(select_events())]
            return {item.location.city if item.location else None for item in items}

    assert places() == {"Bonn"}
    for number in range(1, 6):
        bench.hit(copy_id, at + timedelta(seconds=number), link=number)
    bench.ship()
    assert places() == {None}


def test_two_workers_that_each_hold_half_a_burst_both_see_all_of_it(bench: Bench) -> None:
    for number in range(8):
        copy_id = bench.send(f"p{number}@example.com")
        halves = []
        for half in range(2):
            for link in range(2 * half, 2 * half + 2):
                bench.hit(copy_id, SENT_AT + HOUR + timedelta(seconds=2 * link), link=link)
            halves.append(b"".join(bench.records))
            bench.records.clear()
        barrier = threading.Barrier(2)

        def work(segment: str, payload: bytes, together: threading.Barrier = barrier) -> None:
            together.wait()
            bench.store.store(segment, 0, len(payload), payload)

        threads = [
            threading.Thread(target=work, args=(f"{number}{half}" * 16, payload)) for half, payload in enumerate(halves)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    events = bench.events()
    assert len(events) == 32
    assert {event.verdict for event in events} == {"scanner"}


def test_a_hit_that_cannot_be_stored_does_not_hold_up_the_others(
    sessions: Sessions, ring: KeyRing, owner: User
) -> None:
    def stumble(address: str | None, agent: str) -> Enriched:
        if agent == "stumble":
            raise ValueError("unforeseen")
        return describe(address, agent)

    bench = Bench(HitStore(sessions, stumble, ring, lambda *_: []), sessions, owner, [])
    copy_id = bench.send("ann@example.com")
    for number, agent in enumerate((CHROME, "stumble", GMAIL)):
        bench.hit(copy_id, SENT_AT + HOUR + timedelta(minutes=number), agent=agent)
    with capture_logs() as logs:
        assert bench.ship().events == 2
    assert [(line["event"], line["hits"]) for line in logs] == [("hits_not_storable", 1)]
    assert [event.user_agent for event in bench.events()] == [CHROME, GMAIL]


@pytest.mark.parametrize(("age", "stays"), [(timedelta(minutes=5), True), (timedelta(hours=2), False)])
def test_a_fault_of_every_hit_is_raised_for_an_hour(
    sessions: Sessions, ring: KeyRing, owner: User, age: timedelta, stays: bool
) -> None:
    def fail(*_: object) -> list[str]:
        raise ValueError("broken")

    bench = Bench(HitStore(sessions, describe, ring, fail, lambda: SENT_AT + HOUR + age), sessions, owner, [])
    copy_id = bench.send("ann@example.com")
    bench.hit(copy_id, SENT_AT + HOUR)
    bench.hit(copy_id, SENT_AT + HOUR)
    if stays:
        with pytest.raises(ValueError, match="broken"):
            bench.ship()
    else:
        assert bench.ship().events == 0
    assert bench.events() == []
