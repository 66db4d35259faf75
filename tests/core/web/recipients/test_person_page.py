"""The page about one person: opened by the mailed link alone, and whole in what it shows, stops and erases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.keys import KeyRing
from core.messages.draft import Mode
from core.privacy.person_links import LIFETIME, sign_person
from core.storage.auditing import AuditEntry
from core.storage.models import Copy, Recipient
from tests.core.web.recipients.conftest import ANN, BOB, Pages
from tests.support.api import add_event


def person_path(pages: Pages, message_id: str, address: str = ANN) -> str:
    """Ask for the link and return its path."""
    pages.post(pages.path(message_id, address), "mail", address=address)
    pages.later.wait()
    return pages.mailed[-1][1].removeprefix(pages.services.settings.public_url)


def test_it_shows_all_messages_to_the_person_and_nothing_of_others(pages: Pages) -> None:
    first = pages.send(ANN, BOB, mode=Mode.PER_RECIPIENT)
    add_event(pages.services.sessions, first, address=ANN)
    shared = pages.send(ANN, BOB)
    add_event(pages.services.sessions, shared)
    answer = pages.get(person_path(pages, first))
    assert answer.status_code == 200
    assert "2 messages" in answer.text
    assert "1 visit" in answer.text
    assert "Several people got this copy" in answer.text
    assert BOB not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_file_holds_ones_own_visits_and_of_shared_ones_only_the_number(pages: Pages) -> None:
    shared = pages.send(ANN, BOB)
    add_event(pages.services.sessions, shared)
    path = person_path(pages, shared).split("?")[0]
    held = pages.get(f"{path}/file").json
    assert held is not None
    assert held["address"] == ANN
    assert held["messages"][0]["shared_visits"] == 1
    assert "shared_events" not in held["messages"][0]
    assert held["messages"][0]["links"] == [{"url": "https://example.com/a"}]


def test_stopping_all_stops_every_copy_of_theirs(pages: Pages) -> None:
    message_id = pages.send(ANN)
    pages.send(ANN, BOB)
    pages.send(BOB)
    path = person_path(pages, message_id)
    answer = pages.post(path, "stop-all")
    assert answer.status_code == 303
    assert "Nothing more is recorded of these messages" in pages.get(answer.headers["Location"]).text
    with pages.services.sessions() as session:
        stopped = session.scalars(select(Copy.stopped_at)).all()
        assert sorted(moment is not None for moment in stopped) == [False, True, True]


def test_erasing_everything_leaves_nothing_and_ends_the_link(pages: Pages) -> None:
    message_id = pages.send(ANN)
    pages.send(ANN, BOB)
    path = person_path(pages, message_id)
    pages.post(path, "erase-all")
    with pages.services.sessions() as session:
        assert session.scalars(select(Recipient.address)).all() == [BOB]
        assert session.scalars(select(AuditEntry.detail)).all() == ["by the recipient"]
    after = pages.get(path)
    assert "Nothing is held on you any more" in after.text
    assert "Nothing is held on you any more" in pages.get(path.split("?")[0] + "/file").text


def test_the_link_ends_after_a_week_and_cannot_be_altered(pages: Pages, ring: KeyRing) -> None:
    message_id = pages.send(ANN)
    path = person_path(pages, message_id)
    pages.clock.now += LIFETIME - timedelta(minutes=1)
    assert pages.get(path).status_code == 200
    pages.clock.now += timedelta(minutes=2)
    assert pages.get(path).status_code == 404
    assert pages.post(path, "erase-all").status_code == 404
    fresh = sign_person(ring, "0" * 32, pages.clock.now)
    assert "Nothing is held on you" in pages.get(f"/p/me/{fresh}").text
    assert pages.get(f"/p/me/{fresh[:-1]}x").status_code == 404
