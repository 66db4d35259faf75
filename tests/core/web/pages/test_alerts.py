from __future__ import annotations

import pytest
from sqlalchemy import select

from core.alerts.inbox import count_unseen
from core.storage.models import Alert, Event, User
from core.web.services import WebServices
from tests.support.pages import PageClient


@pytest.fixture
def alerted(browser: PageClient, services: WebServices, owner: User) -> PageClient:
    """A browser whose owner was told of one open, in a sample message."""
    browser.submit("/activity", "/samples")
    with services.sessions.begin() as session:
        event = session.scalars(select(Event).where(Event.verdict == "human_via_proxy")).first()
        assert event is not None
        session.add(
            Alert(
                workspace_id=owner.workspace_id,
                user_id=owner.id,
                message_id=event.message_id,
                event_id=event.id,
                rule="first_open",
                channel="app",
                unique_key="one",
                state="sent",
                due_at=event.at,
                created_at=event.at,
                sent_at=event.at,
            )
        )
    return browser


def test_without_alerts_the_page_says_when_there_will_be_some(browser: PageClient) -> None:
    assert "No alerts yet" in browser.get("/alerts").text


def test_a_new_alert_is_counted_shown_and_marked_as_seen(
    alerted: PageClient, services: WebServices, owner: User
) -> None:
    page = alerted.get("/alerts").text
    assert " opened “" in page
    assert '<span class="badge">1' in page
    assert "Mark all as seen" in page
    assert alerted.post("/alerts/seen").status_code == 400
    assert alerted.submit("/alerts", "/alerts/seen").status_code == 303
    with services.sessions() as session:
        assert count_unseen(session, owner.id) == 0
    page = alerted.get("/alerts").text
    assert " opened “" in page
    assert "badge" not in page


def test_a_new_alert_shows_on_every_open_page(alerted: PageClient, services: WebServices) -> None:
    tag = alerted.get("/activity").headers["ETag"]
    alerted.submit("/alerts", "/alerts/seen")
    assert alerted.get("/activity", headers={"If-None-Match": tag}).status_code == 200


def test_a_made_up_cursor_is_an_error_of_the_caller(browser: PageClient) -> None:
    assert browser.get("/alerts?cursor=x").status_code == 400
