"""The in-app list of alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, event

from core.alerts.inbox import AlertPage, AlertView, count_unseen, list_alerts, mark_seen
from core.errors import InputError
from core.signal.evidence import Kind, Verdict
from core.storage.identifiers import create_id
from core.storage.models import Event
from tests.core.alerts.conftest import NOW, World


def show(world: World, *, cursor: str | None = None, limit: int = 50) -> AlertPage:
    with world.sessions() as session:
        return list_alerts(session, world.owner.id, cursor=cursor, limit=limit)


def unseen(world: World) -> int:
    with world.sessions() as session:
        return count_unseen(session, world.owner.id)


def test_an_alert_shows_who_did_what_and_how_we_know(world: World) -> None:
    world.choose_defaults()
    message = world.send("ann@example.com", name="Ann Example", shared=False)
    [ann] = world.recipients(message)
    world.store(world.visit(message, Verdict.HUMAN_VIA_PROXY, recipient_id=ann))
    world.store(world.visit(message, recipient_id=ann, kind=Kind.CLICK, at=NOW + timedelta(seconds=5)))
    click, opened = show(world).items
    assert (opened.rule, opened.kind, opened.subject) == ("first_open", Kind.OPEN, "Offer")
    assert (opened.recipient, opened.recipient_address, opened.recipient_count) == ("Ann Example", "ann@example.com", 1)
    assert (opened.verdict, opened.reasons) == (Verdict.HUMAN_VIA_PROXY, ("gmail_image_proxy",))
    assert (opened.at, opened.is_seen, opened.is_corrected, opened.repeats) == (NOW, False, False, 1)
    assert click.link == "https://shop.example/offer?a=1&b=2"


def test_a_shared_copy_names_nobody(world: World) -> None:
    world.choose_defaults()
    world.store(world.visit(world.send("ann@example.com", "bob@example.com")))
    [alert] = show(world).items
    assert (alert.recipient, alert.recipient_address, alert.recipient_count) == (None, None, 2)


def test_repeats_are_counted_until_the_next_alert_and_without_machines(world: World) -> None:
    world.choose(("every_open", "app"))
    message = world.send("ann@example.com")
    visits = [world.visit(message, at=NOW + timedelta(minutes=minutes)) for minutes in (0, 3, 6, 9, 11)]
    for visit in visits:
        world.store(visit, now=visit.at)
    world.store(world.visit(message, Verdict.SCANNER, at=NOW + timedelta(minutes=4)))
    assert [alert.repeats for alert in show(world).items] == [1, 4]
    world.store(world.rejudge(visits[2], Verdict.SCANNER))
    assert [alert.repeats for alert in show(world).items] == [1, 3]
    world.replan(visits)
    assert [alert.repeats for alert in show(world).items] == [1, 3]


def test_what_turned_out_a_machine_is_shown_as_corrected_and_is_not_news(world: World) -> None:
    world.choose_defaults()
    visit = world.visit(world.send("ann@example.com"))
    world.store(visit)
    assert unseen(world) == 1
    world.store(world.rejudge(visit, Verdict.SCANNER))
    [alert] = show(world).items
    assert (alert.is_corrected, alert.verdict) == (True, Verdict.SCANNER)
    assert unseen(world) == 0


def test_held_and_withdrawn_alerts_and_those_of_other_channels_are_not_shown(world: World) -> None:
    world.choose_defaults()
    held = world.visit(world.send("ann@example.com"), settle_seconds=15)
    withdrawn = world.visit(world.send("ann@example.com"), settle_seconds=15)
    world.store(held, withdrawn)
    world.store(world.rejudge(withdrawn, Verdict.SCANNER))
    assert show(world) == AlertPage((), None)
    assert unseen(world) == 0


def test_pages_follow_each_other_without_gap_or_overlap(world: World) -> None:
    world.choose(("first_open", "app"))
    world.store(*(world.visit(world.send("ann@example.com")) for _ in range(7)))
    world.store(world.visit(world.send("ann@example.com")), now=NOW + timedelta(seconds=1))
    seen: list[AlertView] = []
    cursor = None
    for expected in (3, 3, 2):
        page = show(world, cursor=cursor, limit=3)
        assert len(page.items) == expected
        seen += page.items
        cursor = page.next
    assert cursor is None
    assert [alert.id for alert in seen] == [alert.id for alert in show(world).items]
    assert len({alert.id for alert in seen}) == 8
    assert seen[0].created_at == NOW + timedelta(seconds=1)


@pytest.mark.parametrize("cursor", ["", "x", "-", "12-", "9" * 40 + "-a", "1-a'b", "١-a", "\x00"])
def test_a_broken_cursor_is_bad_input(world: World, cursor: str) -> None:
    with pytest.raises(InputError):
        show(world, cursor=cursor)


def test_alerts_are_marked_seen_one_by_one_or_all_and_only_ones_own(world: World) -> None:
    world.choose(("first_open", "app"))
    world.store(*(world.visit(world.send("ann@example.com")) for _ in range(3)))
    first = show(world).items[0].id
    with world.sessions.begin() as session:
        assert mark_seen(session, create_id(), NOW) == 0
        assert mark_seen(session, world.owner.id, NOW, alert_ids=[first, "unknown"]) == 1
    assert unseen(world) == 2
    with world.sessions.begin() as session:
        assert mark_seen(session, world.owner.id, NOW) == 2
    assert unseen(world) == 0
    assert all(alert.is_seen for alert in show(world).items)


def test_an_alert_whose_event_was_erased_is_not_shown(world: World) -> None:
    world.choose_defaults()
    world.store(world.visit(world.send("ann@example.com")))
    with world.sessions.begin() as session:
        session.execute(delete(Event))
    assert show(world).items == ()
    assert unseen(world) == 0


def test_a_long_list_takes_few_queries(world: World, engine: Engine) -> None:
    world.choose(("first_open", "app"))
    world.store(*(world.visit(world.send("ann@example.com")) for _ in range(60)))
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    assert len(show(world, limit=60).items) == 60
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= 4
