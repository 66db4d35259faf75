"""Insights: what counts and what does not, hours in the viewer's zone over clock changes, waits, who sees what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from core.accounts.sight import Sight
from core.errors import InputError
from core.messages.draft import DraftRecipient, MessageDraft, Mode
from core.messages.register import register_message
from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.storage.models import Event, Message, User
from core.timeline.insights.period import Period, parse_period
from core.timeline.insights.report import Insights, read_insights
from core.timeline.insights.slots import Counts
from core.tokens import TokenSigner
from tests.support.api import NOW, add_event, create_stranger

UTC_ZONE = ZoneInfo("UTC")


class World:
    """Messages and events, at chosen times."""

    def __init__(self, sessions: Sessions, signer: TokenSigner, owner: User) -> None:
        self.sessions, self.signer, self.owner = sessions, signer, owner

    def send(
        self, *addresses: str, at: datetime = NOW, mode: Mode = Mode.PER_RECIPIENT, user: User | None = None
    ) -> str:
        recipients = tuple(DraftRecipient(address, None) for address in addresses or ("ann@example.com",))
        draft = MessageDraft(subject="Offer", sender="o@example.com", recipients=recipients, mode=mode, sent_at=at)
        with self.sessions.begin() as session:
            registered = register_message(session, self.signer, "https://t.example", user or self.owner, draft, at)
        return registered.message_id

    def happen(self, message_id: str, at: datetime, kind: Kind = Kind.OPEN, **options: object) -> None:
        columns = {name: options.pop(name) for name in ("country", "city", "client_name") if name in options}
        event_id = add_event(self.sessions, message_id, kind=kind, **options)  # type: ignore[arg-type]  # by name
        with self.sessions.begin() as session:
            session.execute(update(Event).where(Event.id == event_id).values(at=at, **columns))

    def read(self, period: Period, user: User | None = None, *, own_only: bool = False) -> Insights:
        person = user or self.owner
        with self.sessions() as session:
            return read_insights(session, Sight(person.workspace_id, person.id, own_only), period)


@pytest.fixture
def world(sessions: Sessions, signer: TokenSigner, owner: User) -> World:
    return World(sessions, signer, owner)


def month(zone: str = "UTC") -> Period:
    """The whole of November 2026."""
    return Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo(zone))


def test_people_count_and_machines_stand_apart(world: World) -> None:
    message_id = world.send()
    for verdict in Verdict:
        world.happen(message_id, NOW + timedelta(minutes=5), verdict=verdict)
    world.happen(message_id, NOW + timedelta(minutes=6), Kind.CLICK)
    world.happen(message_id, NOW + timedelta(minutes=7), Kind.REPLY, verdict=None)
    insights = world.read(month())
    assert insights.total == Counts(reads=2, clicks=1, prefetches=1, scans=1, own=1, unclear=1)
    assert insights.sent == 1
    assert sum(step.counts.people for step in insights.steps) == 3
    assert len(insights.steps) == 30


def test_only_what_lies_in_the_period_counts_to_the_microsecond(world: World) -> None:
    period = Period(date(2026, 11, 10), date(2026, 11, 11), ZoneInfo("Europe/Berlin"))
    message_id = world.send(at=period.since)
    moment = timedelta(microseconds=1)
    for at in (period.since - moment, period.since, period.until - moment, period.until):
        world.happen(message_id, at)
    insights = world.read(period)
    assert insights.total.reads == 2
    assert [step.counts.reads for step in insights.steps] == [1, 1]


def test_hours_are_the_viewers_own_on_both_sides_of_a_clock_change(world: World) -> None:
    # Summer time ended in Berlin on 25 October 2026, a Sunday.
    message_id = world.send(at=datetime(2026, 10, 1, tzinfo=UTC))
    berlin = ZoneInfo("Europe/Berlin")
    for day in (19, 26):  # Mondays, before and after
        world.happen(message_id, datetime(2026, 10, day, 9, 30, tzinfo=berlin).astimezone(UTC))
    for minutes in (30, 90):  # the hour from two to three, which came twice
        world.happen(message_id, datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes))
    week = world.read(Period(date(2026, 10, 1), date(2026, 10, 31), berlin)).week
    assert (week[0][9], week[6][2], sum(map(sum, week))) == (2, 2, 4)


@pytest.mark.parametrize(
    ("zone", "slot", "hour"),
    [("Asia/Kolkata", 1800, 5), ("Asia/Kathmandu", 900, 5), ("America/St_Johns", 1800, 20), ("Europe/Lisbon", 3600, 0)],
)
def test_zones_off_the_whole_hour_are_right(world: World, zone: str, slot: int, hour: int) -> None:
    period = month(zone)
    assert period.slot_seconds == slot
    world.happen(world.send(at=period.since), datetime(2026, 11, 10, 0, 10, tzinfo=UTC))
    row = [sum(column) for column in zip(*world.read(period).week, strict=True)]
    assert row[hour] == 1


def test_domains_count_known_people_and_shared_copies_are_nobodys(world: World) -> None:
    own = world.send("ann@north.example", "bob@south.example")
    world.happen(own, NOW, address="ann@north.example")
    world.happen(own, NOW, Kind.CLICK, address="ann@north.example")
    world.happen(own, NOW, address="bob@south.example")
    shared = world.send("ann@north.example", "bob@south.example", mode=Mode.SHARED)
    world.happen(shared, NOW)
    domains = world.read(month()).domains
    assert [(share.name, share.reads, share.clicks) for share in domains.shares] == [
        ("north.example", 1, 1),
        ("south.example", 1, 0),
    ]
    assert (domains.unknown.reads, domains.others.reads) == (1, 0)


def test_the_foremost_are_named_and_the_rest_is_one_line(world: World) -> None:
    message_id = world.send(*(f"p@d{number:02d}.example" for number in range(14)))
    for number in range(14):
        for _ in range(15 - number):
            world.happen(message_id, NOW, address=f"p@d{number:02d}.example")
    domains = world.read(month()).domains
    assert [share.name for share in domains.shares] == [f"d{number:02d}.example" for number in range(10)]
    assert domains.others.reads == 5 + 4 + 3 + 2


def test_programs_and_places_are_peoples_own(world: World) -> None:
    message_id = world.send()
    world.happen(message_id, NOW, client_name="Outlook", country="DE", city="Berlin")
    world.happen(message_id, NOW, Kind.CLICK, client_name="Outlook", country="DE", city="Bonn")
    # Whatever place a proxy or a machine has, it is no reader's.
    world.happen(message_id, NOW, verdict=Verdict.HUMAN_VIA_PROXY, client_name="Gmail", country="US", city="Miami")
    world.happen(message_id, NOW, verdict=Verdict.SCANNER, client_name="Chrome", country="IE", city="Dublin")
    insights = world.read(month())
    assert [(s.name, s.reads, s.clicks) for s in insights.clients.shares] == [("Outlook", 1, 1), ("Gmail", 1, 0)]
    assert [(s.name, s.reads, s.clicks) for s in insights.countries.shares] == [("DE", 1, 1)]
    assert insights.countries.unknown.reads == 1
    assert {share.name for share in insights.cities} == {"Berlin, DE", "Bonn, DE"}


def test_waits_are_to_the_first_sign_of_people(world: World) -> None:
    for number, minutes in enumerate((1, 10, 100, 1000)):
        message_id = world.send(at=NOW - timedelta(days=number))
        sent_at = NOW - timedelta(days=number)
        world.happen(message_id, sent_at + timedelta(seconds=3), verdict=Verdict.PREFETCH)
        world.happen(message_id, sent_at + timedelta(minutes=minutes))
        world.happen(message_id, sent_at + timedelta(minutes=minutes + 5))
    clicked = world.send()
    world.happen(clicked, NOW + timedelta(minutes=30), Kind.CLICK)
    world.send()
    insights = world.read(month())
    assert insights.sent == 6
    assert insights.reading.count == 5
    assert {name: seconds // 60 for name, seconds in insights.reading.percentiles.items()} == {
        25: 10,
        50: 30,
        75: 100,
        90: 1000,
    }
    assert insights.clicking.count == 1
    assert insights.clicking.percentiles[50] == 1800
    assert sum(insights.reading.bars) == 5


def test_reads_of_messages_sent_before_count_but_not_for_waits(world: World) -> None:
    message_id = world.send(at=datetime(2026, 10, 1, tzinfo=UTC))
    world.happen(message_id, NOW)
    insights = world.read(month())
    assert (insights.total.reads, insights.sent, insights.reading.count) == (1, 0, 0)


def test_each_sees_their_own_what_is_shared_and_nothing_of_other_workspaces(world: World) -> None:
    with world.sessions.begin() as session:
        mate = User(workspace_id=world.owner.workspace_id, email="mate@example.com", role="member", created_at=NOW)
        session.add(mate)
    world.happen(world.send(), NOW)
    private = world.send(user=mate)
    world.happen(private, NOW)
    shared = world.send(user=mate)
    world.happen(shared, NOW)
    with world.sessions.begin() as session:
        session.execute(update(Message).where(Message.id == shared).values(is_shared=True))
    assert world.read(month()).total.reads == 2
    assert world.read(month(), own_only=True).total.reads == 1
    assert world.read(month(), mate).total.reads == 2
    stranger = world.read(month(), create_stranger(world.sessions))
    assert (stranger.sent, stranger.total) == (0, Counts())


def test_samples_count_only_where_there_is_nothing_else(world: World) -> None:
    sample = world.send()
    world.happen(sample, NOW)
    with world.sessions.begin() as session:
        session.execute(update(Message).values(is_sample=True))
    insights = world.read(month())
    assert (insights.are_samples, insights.total.reads) == (True, 1)
    world.send()
    insights = world.read(month())
    assert (insights.are_samples, insights.total.reads, insights.sent) == (False, 0, 1)


def test_long_periods_go_by_week(world: World) -> None:
    period = Period(date(2026, 1, 1), date(2026, 12, 31), UTC_ZONE)
    world.happen(world.send(), NOW)
    steps = world.read(period).steps
    assert len(steps) == 53
    assert sum(step.counts.reads for step in steps) == 1


@pytest.mark.parametrize(
    ("choice", "first", "last"),
    [
        ("8", "", ""),
        ("x" * 40, "", ""),
        ("", "2026-11-01", ""),
        ("", "", "2026-11-01"),
        ("", "2026-11-02", "2026-11-01"),
        ("", "2025-01-01", "2026-11-01"),
        ("", "0001-01-01", "0001-01-02"),
        ("", "2026-11-01", "9999-12-31"),
        ("", "2026-W01-1", "2026-W02-1"),
        ("", "'; DROP TABLE", "2026-11-01"),
    ],
)
def test_what_is_no_period_is_refused(choice: str, first: str, last: str) -> None:
    with pytest.raises(InputError):
        parse_period(choice, first, last, UTC_ZONE, NOW)


def test_a_length_of_days_ends_today_in_the_viewers_zone() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    period = parse_period("7", "", "", ZoneInfo("Europe/Berlin"), late)
    assert (period.first, period.last, period.days) == (date(2026, 11, 17), date(2026, 11, 23), 7)
    assert period.since == datetime(2026, 11, 16, 23, tzinfo=UTC)
