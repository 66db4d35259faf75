"""Which alerts the news asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, update

from core.alerts.outbox import release_due
from core.signal.evidence import Kind, Verdict
from core.storage.models import Alert
from tests.core.alerts.conftest import NOW, World

MACHINES = [Verdict.PREFETCH, Verdict.SCANNER, Verdict.SELF, Verdict.UNKNOWN]


def described(world: World, *states: str) -> list[tuple[str, str, str]]:
    return [(alert.rule, alert.channel, alert.state) for alert in world.alerts(*states)]


def test_a_first_open_by_a_person_is_told_in_the_app_at_once_and_due_by_mail(world: World) -> None:
    world.choose_defaults()
    due = world.store(world.visit(world.send("ann@example.com")))
    assert sorted(described(world)) == [("first_open", "app", "sent"), ("first_open", "email", "due")]
    assert due == [alert.id for alert in world.alerts(channel="email")]


def test_a_person_behind_a_proxy_raises_an_alert_too(world: World) -> None:
    world.choose(("first_open", "app"))
    world.store(world.visit(world.send("ann@example.com"), Verdict.HUMAN_VIA_PROXY))
    assert described(world) == [("first_open", "app", "sent")]


@pytest.mark.parametrize("verdict", MACHINES)
def test_no_other_verdict_raises_an_alert(world: World, verdict: Verdict) -> None:
    world.choose_defaults()
    message = world.send("ann@example.com")
    assert world.store(world.visit(message, verdict), world.visit(message, verdict, kind=Kind.CLICK)) == []
    assert world.alerts() == []


def test_machines_cost_no_query(world: World, sessions: object, engine: Engine) -> None:
    world.choose_defaults()
    message = world.send("ann@example.com")
    changes = [world.visit(message, Verdict.SCANNER) for _ in range(100)]
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    world.replan(changes)
    assert statements in ([], ["BEGIN IMMEDIATE"])


def test_many_changes_cost_as_many_queries_as_few(world: World, engine: Engine) -> None:
    world.choose_defaults()
    messages = [world.send(f"a{number}@example.com", shared=False) for number in range(25)]
    changes = [world.visit(message, recipient_id=world.recipients(message)[0]) for message in messages]
    counts = []
    for some in (changes[:2], changes[2:]):
        statements: list[str] = []

        def note(*given: object, to: list[str] = statements) -> None:
            to.append(str(given[2]))

        world.store(*some[:0])
        with world.sessions.begin() as session:
            for change in some:
                session.add(_event_of(change))
        event.listen(engine, "before_cursor_execute", note)
        world.replan(some)
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 7
    assert len(world.alerts()) == 50


def _event_of(change: object) -> object:
    from core.hits.changes import EventChange
    from core.storage.models import Event

    assert isinstance(change, EventChange)
    return Event(
        id=change.event_id,
        workspace_id=change.workspace_id,
        message_id=change.message_id,
        recipient_id=change.recipient_id,
        feed_position=int(change.event_id, 16) % (1 << 60),
        kind=change.kind.value,
        at=change.at,
        verdict=change.verdict.value if change.verdict else None,
    )


def test_planning_the_same_changes_twice_changes_nothing(world: World) -> None:
    world.choose(("first_open", "app"), ("every_open", "app"), ("every_open", "email"), ("any_click", "email"))
    message = world.send("ann@example.com")
    changes = [
        world.visit(message),
        world.visit(message, at=NOW + timedelta(minutes=5)),
        world.visit(message, at=NOW + timedelta(minutes=15)),
        world.visit(message, kind=Kind.CLICK),
    ]
    world.store(*changes)
    before = described(world)
    world.replan(changes)
    assert described(world) == before
    taken_back = [world.rejudge(change, Verdict.SCANNER) for change in changes]
    world.store(*taken_back)
    before = described(world)
    world.replan(taken_back)
    assert described(world) == before


def test_nobody_is_told_without_a_rule(world: World) -> None:
    world.store(world.visit(world.send("ann@example.com")))
    assert world.alerts() == []


def test_a_first_open_is_told_once_for_each_recipient_and_once_for_a_shared_copy(world: World) -> None:
    world.choose(("first_open", "app"))
    message = world.send("ann@example.com", "bob@example.com", shared=False)
    ann, bob = world.recipients(message)
    for number, recipient in enumerate((ann, bob, ann, bob)):
        world.store(world.visit(message, recipient_id=recipient, at=NOW + timedelta(hours=number)))
    shared = world.send("ann@example.com", "bob@example.com")
    world.store(world.visit(shared), world.visit(shared, at=NOW + timedelta(hours=2)))
    assert [alert.message_id for alert in world.alerts()] == [message.id, message.id, shared.id]


def test_a_second_open_is_no_first_one_where_the_rule_was_chosen_later(world: World) -> None:
    message = world.send("ann@example.com")
    world.store(world.visit(message))
    world.choose(("first_open", "app"))
    world.store(world.visit(message, at=NOW + timedelta(hours=1)))
    assert world.alerts() == []


def test_an_alert_is_held_until_its_verdict_settles(world: World) -> None:
    world.choose_defaults()
    due = world.store(world.visit(world.send("ann@example.com"), settle_seconds=15))
    assert due == []
    assert {alert.state for alert in world.alerts()} == {"held"}
    with world.sessions.begin() as session:
        assert release_due(session, NOW + timedelta(seconds=14)) == []
    with world.sessions.begin() as session:
        handed = release_due(session, NOW + timedelta(seconds=15))
    assert handed == [alert.id for alert in world.alerts("queued", channel="email")]
    assert [alert.state for alert in world.alerts(channel="app")] == ["sent"]


def test_a_held_alert_is_withdrawn_when_its_event_turns_out_a_machines(world: World) -> None:
    world.choose_defaults()
    visit = world.visit(world.send("ann@example.com"), settle_seconds=15)
    world.store(visit)
    world.store(world.rejudge(visit, Verdict.SCANNER), now=NOW + timedelta(seconds=5))
    assert {alert.state for alert in world.alerts()} == {"withdrawn"}
    with world.sessions.begin() as session:
        assert release_due(session, NOW + timedelta(minutes=1)) == []


def test_after_a_withdrawal_the_next_person_is_the_first(world: World) -> None:
    world.choose(("first_open", "app"), ("first_open", "email"))
    message = world.send("ann@example.com")
    scan = world.visit(message, settle_seconds=15)
    person = world.visit(message, at=NOW + timedelta(seconds=4))
    world.store(scan)
    world.store(person)
    world.store(world.rejudge(scan, Verdict.SCANNER), now=NOW + timedelta(seconds=6))
    assert [(alert.event_id, alert.state) for alert in world.alerts(channel="app")] == [
        (scan.event_id, "withdrawn"),
        (person.event_id, "sent"),
    ]
    assert [alert.event_id for alert in world.alerts("due", channel="email")] == [person.event_id]


def test_after_a_withdrawal_a_later_person_is_the_first(world: World) -> None:
    world.choose(("first_open", "app"))
    message = world.send("ann@example.com")
    scan = world.visit(message)
    world.store(scan)
    world.store(world.rejudge(scan, Verdict.SCANNER))
    person = world.visit(message, at=NOW + timedelta(hours=3))
    world.store(person, now=NOW + timedelta(hours=3))
    assert [(alert.event_id, alert.correction) for alert in world.alerts()] == [
        (scan.event_id, "corrected"),
        (person.event_id, None),
    ]


def test_a_sent_alert_is_corrected_at_once_in_the_app_and_by_a_further_mail(world: World) -> None:
    world.choose_defaults()
    visit = world.visit(world.send("ann@example.com"))
    [mailed] = world.store(visit)
    with world.sessions.begin() as session:
        alert = session.get_one(type(world.alert(mailed)), mailed)
        alert.state, alert.sent_at, alert.provider_id = "sent", NOW, "<first@example.com>"
    due = world.store(world.rejudge(visit, Verdict.SCANNER), now=NOW + timedelta(seconds=20))
    assert due == [mailed]
    assert [(a.channel, a.state, a.correction) for a in world.alerts()] == [
        (a.channel, *(("sent", "corrected") if a.channel == "app" else ("due", "correct"))) for a in world.alerts()
    ]


def test_a_verdict_that_flips_back_before_the_correction_left_leaves_one_alert(world: World) -> None:
    world.choose_defaults()
    visit = world.visit(world.send("ann@example.com"))
    [mailed] = world.store(visit)
    with world.sessions.begin() as session:
        alert = session.get_one(type(world.alert(mailed)), mailed)
        alert.state, alert.sent_at = "sent", NOW
    scan = world.rejudge(visit, Verdict.SCANNER)
    world.store(scan)
    assert world.store(world.rejudge(scan, Verdict.HUMAN)) == []
    assert [(a.state, a.correction) for a in world.alerts()] == [("sent", None), ("sent", None)]
    world.store(world.visit(world.send("ann@example.com")))
    assert len(world.alerts()) == 4


def test_a_machine_that_turns_out_a_person_raises_an_alert(world: World) -> None:
    world.choose(("first_open", "app"))
    visit = world.visit(world.send("ann@example.com"), Verdict.UNKNOWN)
    world.store(visit)
    world.store(world.rejudge(visit, Verdict.HUMAN))
    assert described(world) == [("first_open", "app", "sent")]


def test_a_correction_of_an_old_event_is_no_news(world: World) -> None:
    world.choose(("first_open", "app"))
    visit = world.visit(world.send("ann@example.com"), Verdict.UNKNOWN)
    world.store(visit)
    world.store(world.rejudge(visit, Verdict.HUMAN), now=NOW + timedelta(days=30))
    assert world.alerts() == []


def test_an_outage_of_days_loses_no_alert(world: World) -> None:
    world.choose(("first_open", "app"))
    world.store(world.visit(world.send("ann@example.com")), now=NOW + timedelta(days=3))
    assert described(world) == [("first_open", "app", "sent")]


def test_an_event_raises_one_alert_on_a_channel_where_two_rules_want_it(world: World) -> None:
    world.choose(("first_open", "app"), ("every_open", "app"))
    message = world.send("ann@example.com")
    for hours in range(3):
        world.store(world.visit(message, at=NOW + timedelta(hours=hours)), now=NOW + timedelta(hours=hours))
    assert [alert.rule for alert in world.alerts()] == ["first_open", "every_open", "every_open"]


def test_repeats_within_ten_minutes_join_the_alert_in_the_app(world: World) -> None:
    world.choose(("every_open", "app"))
    message = world.send("ann@example.com")
    for minutes in (0, 3, 9, 10, 12):
        at = NOW + timedelta(minutes=minutes)
        world.store(world.visit(message, at=at), now=at)
    assert len(world.alerts()) == 2


def test_repeats_of_another_recipient_do_not_join(world: World) -> None:
    world.choose(("every_open", "app"))
    message = world.send("ann@example.com", "bob@example.com", shared=False)
    world.store(*(world.visit(message, recipient_id=recipient) for recipient in world.recipients(message)))
    assert len(world.alerts()) == 2


def test_no_more_than_one_mail_leaves_in_half_an_hour(world: World) -> None:
    world.choose(("every_open", "email"))
    message = world.send("ann@example.com")
    sent = []
    for minute in range(0, 120, 2):
        now = NOW + timedelta(minutes=minute)
        world.store(world.visit(message, at=now), now=now)
        with world.sessions.begin() as session:
            release_due(session, now)
        with world.sessions.begin() as session:
            for alert in world.alerts("due", "queued"):
                row = session.get_one(type(alert), alert.id)
                row.state, row.sent_at = "sent", now
                sent.append(minute)
    assert sent == [0, 30, 60, 90]


def test_repeats_stay_told_when_the_alert_that_spoke_for_them_is_withdrawn(world: World) -> None:
    world.choose(("every_open", "app"))
    message = world.send("ann@example.com")
    scan = world.visit(message, settle_seconds=15)
    person = world.visit(message, at=NOW + timedelta(seconds=5))
    world.store(scan, person)
    assert len(world.alerts()) == 1
    world.store(world.rejudge(scan, Verdict.SCANNER))
    assert [alert.event_id for alert in world.alerts("sent", "held")] == [person.event_id]


def test_a_burst_that_turns_out_a_scan_leaves_no_alert(world: World) -> None:
    world.choose_defaults()
    message = world.send("ann@example.com")
    clicks = [
        world.visit(message, kind=Kind.CLICK, at=NOW + timedelta(milliseconds=50 * number), settle_seconds=15)
        for number in range(20)
    ]
    world.store(*clicks[:3])
    world.store(*clicks[3:], *(world.rejudge(click, Verdict.SCANNER) for click in clicks[:3]))
    world.store(*(world.rejudge(click, Verdict.SCANNER) for click in clicks[3:]))
    assert world.alerts("held", "due", "sent") == []


def test_two_people_at_the_same_moment_are_told_of_once_in_any_order(world: World) -> None:
    world.choose(("first_open", "app"))
    message = world.send("ann@example.com", "bob@example.com")
    later = world.visit(message, at=NOW + timedelta(seconds=1))
    earlier = world.visit(message)
    world.store(later, earlier)
    assert [alert.event_id for alert in world.alerts()] == [earlier.event_id]


def mark_mailed(world: World, at: datetime) -> None:
    """Say that every mail that is due was sent at a time."""
    with world.sessions.begin() as session:
        session.execute(
            update(Alert).where(Alert.channel == "email", Alert.state == "due").values(state="sent", sent_at=at)
        )


def test_a_later_repeat_stays_told_when_the_alert_that_spoke_for_it_is_withdrawn(world: World) -> None:
    world.choose(("every_open", "app"))
    message = world.send("ann@example.com")
    first = world.visit(message)
    scan = world.visit(message, at=NOW + timedelta(minutes=15))
    person = world.visit(message, at=NOW + timedelta(minutes=15, seconds=5))
    world.store(first, scan, person)
    world.store(world.rejudge(scan, Verdict.SCANNER))
    assert [alert.event_id for alert in world.alerts() if alert.correction is None] == [first.event_id, person.event_id]


def test_after_a_corrected_mail_a_later_person_is_the_first(world: World) -> None:
    world.choose(("first_open", "email"))
    message = world.send("ann@example.com")
    scan, person = world.visit(message), world.visit(message, at=NOW + timedelta(hours=3))
    world.store(scan)
    mark_mailed(world, NOW)
    world.store(world.rejudge(scan, Verdict.SCANNER))
    world.store(person, now=NOW + timedelta(hours=3))
    assert [(alert.event_id, alert.correction) for alert in world.alerts()] == [
        (scan.event_id, "correct"),
        (person.event_id, None),
    ]


def test_a_mail_that_left_late_makes_the_next_one_wait(world: World) -> None:
    world.choose(("every_open", "email"))
    message = world.send("ann@example.com")
    world.store(world.visit(message))
    left_at = NOW + timedelta(hours=5)
    mark_mailed(world, left_at)
    later = left_at + timedelta(minutes=10)
    world.store(world.visit(message, at=later), now=later)
    assert [alert.due_at for alert in world.alerts("held")] == [left_at + timedelta(minutes=30)]


def test_a_mail_that_still_waits_speaks_for_what_comes_meanwhile(world: World) -> None:
    world.choose(("every_open", "email"))
    message = world.send("ann@example.com")
    world.store(world.visit(message))
    later = NOW + timedelta(hours=5)
    assert world.store(world.visit(message, at=later), now=later) == []
    assert len(world.alerts()) == 1


def test_repeats_that_arrive_days_late_join_their_alert(world: World) -> None:
    world.choose(("every_open", "app"))
    message = world.send("ann@example.com")
    world.store(world.visit(message))
    world.store(world.visit(message, at=NOW + timedelta(minutes=5)), now=NOW + timedelta(days=3))
    assert len(world.alerts()) == 1


def test_made_up_messages_raise_no_alert(world: World) -> None:
    world.choose_defaults()
    message = world.send("ann@example.com")
    message.is_sample = True
    assert world.store(world.visit(message)) == []
    assert world.alerts() == []
