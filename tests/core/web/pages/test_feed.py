from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.storage.models import Event, User, Workspace
from core.web.pages import feed
from core.web.services import WebServices
from tests.support.pages import PageClient

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def loaded(browser: PageClient) -> PageClient:
    """A browser whose workspace holds the samples."""
    assert browser.submit("/activity", "/samples").status_code == 303
    return browser


@ON_SQLITE
def test_an_empty_feed_says_what_will_be_there(browser: PageClient) -> None:
    page = browser.get("/feed").text
    assert "Nothing has happened yet" in page
    assert "Show machines too" in page


def test_people_show_by_default_and_machines_when_asked_for(loaded: PageClient) -> None:
    people, all_ = loaded.get("/feed").text, loaded.get("/feed?machines=1").text
    assert "Ann Lindqvist followed a link" in people
    assert "One of 3 opened the message" in people
    assert "A scanner" not in people
    assert "You looked at the message" not in people
    assert "A scanner visited a link" in all_
    assert "You looked at the message" in all_
    assert ">Today<" in all_
    assert ">Yesterday<" in all_


def test_pages_go_back_in_time_and_miss_nothing(
    loaded: PageClient, services: WebServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PAGE_SIZE", 4)
    with services.sessions() as session:
        expected = set(session.scalars(select(Event.id)))
    seen: list[str] = []
    path: str | None = "/feed?machines=1"
    while path is not None and len(seen) <= len(expected):
        page = loaded.get(path).text
        seen += re.findall(r'id="event-([0-9a-f]{32})"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(expected)
    assert set(seen) == expected


@ON_SQLITE
def test_only_what_a_person_did_just_now_is_worth_a_notification(loaded: PageClient, services: WebServices) -> None:
    assert "data-news" not in loaded.get("/feed?machines=1").text
    now = services.clock()
    with services.sessions.begin() as session:
        human = session.scalars(select(Event.id).where(Event.verdict == "human_via_proxy")).first()
        scanner = session.scalars(select(Event.id).where(Event.verdict == "scanner")).first()
        session.execute(update(Event).where(Event.id.in_([human, scanner])).values(at=now - timedelta(minutes=1)))
    page = loaded.get("/feed?machines=1").text
    assert page.count("data-news") == 1
    assert f'id="event-{human}" data-news' in page


@ON_SQLITE
@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "a" * 500])
def test_a_made_up_cursor_is_said_and_the_feed_shown(loaded: PageClient, cursor: str) -> None:
    answer = loaded.get("/feed", query_string={"cursor": cursor})
    assert answer.status_code == 400
    assert "none of this feed" in answer.text
    assert "Ann Lindqvist followed a link" in answer.text


def test_an_open_feed_hears_of_news(loaded: PageClient, services: WebServices, owner: User) -> None:
    live = {"If-None-Match": loaded.get("/feed").headers["ETag"], "X-Live": "1"}
    assert loaded.get("/feed", headers=live).status_code == 304
    with services.sessions.begin() as session:
        session.get_one(Workspace, owner.workspace_id).feed_position += 1
    assert loaded.get("/feed", headers=live).status_code == 200
