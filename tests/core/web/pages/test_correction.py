from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from core.enrich.enricher import Enriched, Enricher
from core.hits.store import HitStore
from core.keys import KeyRing
from core.storage.engine import Sessions
from core.storage.models import AuditEntry, Event, Message, User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in


@pytest.fixture
def app(services: WebServices, sessions: Sessions, ring: KeyRing) -> Flask:
    """The app of the pages, with the real judge."""
    enricher = Enricher(services.settings.data_dir)

    def describe(address: str | None, agent: str) -> Enriched:
        return enricher.describe(address, agent)

    store = HitStore(sessions, describe, ring, lambda *_: [], services.clock)
    return create_app(replace(services, rejudge=store.rejudge))


@pytest.fixture
def message(browser: PageClient, services: WebServices) -> Message:
    """A sample message with events of people, machines and its sender."""
    browser.submit("/activity", "/samples")
    with services.sessions() as session:
        return session.scalars(select(Message).where(Message.subject == "Offer for the new website")).one()


def find(services: WebServices, message: Message, verdict: str) -> list[Event]:
    with services.sessions() as session:
        wanted = (Event.message_id == message.id, Event.verdict == verdict)
        return list(session.scalars(select(Event).where(*wanted).order_by(Event.at)))


def correct(browser: PageClient, message: Message, form: Mapping[str, object]) -> int:
    return browser.submit(f"/messages/{message.id}", f"/messages/{message.id}/correct", form).status_code


def test_a_correction_counts_and_can_be_taken_back(
    browser: PageClient, services: WebServices, message: Message
) -> None:
    event = find(services, message, "human_via_proxy")[0]
    assert correct(browser, message, {"event": event.id, "is": "me"}) == 303
    with services.sessions() as session:
        found = session.get_one(Event, event.id)
        assert (found.verdict, found.corrected) == ("self", "self")
        assert session.get_one(Message, message.id).self_count == message.self_count + 1
        audited = session.scalars(select(AuditEntry.thing).where(AuditEntry.action == "event.corrected")).one()
    assert audited == f"message:{message.id}"
    page = browser.get(f"/messages/{message.id}?done=me").text
    assert "Noted: that was you." in page
    assert "You corrected this." in page
    assert correct(browser, message, {"event": event.id, "is": "undo"}) == 303
    with services.sessions() as session:
        found = session.get_one(Event, event.id)
        assert (found.verdict, found.corrected) == ("human_via_proxy", None)


def test_a_burst_is_corrected_as_one(browser: PageClient, services: WebServices, message: Message) -> None:
    events = find(services, message, "scanner")
    assert len(events) > 2
    assert correct(browser, message, {"event": [event.id for event in events], "is": "them"}) == 303
    assert find(services, message, "scanner") == []
    assert len(find(services, message, "human")) >= len(events)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_made_up_changes_nothing(browser: PageClient, services: WebServices, message: Message) -> None:
    event = find(services, message, "human_via_proxy")[0]
    assert browser.post(f"/messages/{message.id}/correct", {"event": event.id, "is": "me"}).status_code == 400
    for form, status in (
        ({"event": event.id, "is": "prefetch"}, 400),
        ({"event": event.id}, 400),
        ({"is": "me"}, 400),
        ({"event": "x\0", "is": "me"}, 400),
        ({"event": "0" * 32, "is": "me"}, 404),
    ):
        assert correct(browser, message, form) == status, form
    with services.sessions() as session:
        assert session.scalars(select(Event).where(Event.corrected.is_not(None))).all() == []
        other = session.scalars(select(Message).where(Message.subject == "Invoice 2026-118")).one()
    assert correct(browser, other, {"event": event.id, "is": "me"}) == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_teammate_shares_is_theirs_to_correct_and_delete(
    app: Flask, browser: PageClient, services: WebServices, owner: User, message: Message
) -> None:
    with services.sessions.begin() as session:
        member = User(
            workspace_id=owner.workspace_id, email="mia@example.com", role="member", created_at=services.clock()
        )
        session.add(member)
        session.get_one(Message, message.id).is_shared = True
    theirs = sign_in(app, services, member)
    page = theirs.get(f"/messages/{message.id}").text
    assert "Not so?" not in page
    assert "only its sender can correct" in page
    event = find(services, message, "human_via_proxy")[0]
    token = {"csrf_token": theirs.get("/settings").text.split('name="csrf_token" value="')[1].split('"')[0]}
    assert theirs.post(f"/messages/{message.id}/correct", {**token, "event": event.id, "is": "me"}).status_code == 403
    assert theirs.post(f"/messages/{message.id}/delete", token).status_code == 403
    assert browser.get(f"/messages/{message.id}").status_code == 200
