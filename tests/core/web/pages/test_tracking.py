"""Settings, Tracking: defaults, and the lists of those who are never tracked."""

from __future__ import annotations

import re

from flask import Flask

from core.messages.choice import TrackingDefaults, read_defaults
from core.storage.engine import Sessions
from core.storage.models import User
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in
from tests.support.people import add_colleague

PAGE = "/settings/tracking"


def test_defaults_are_saved(browser: PageClient, sessions: Sessions, owner: User) -> None:
    assert browser.submit(PAGE, PAGE, {"track": ["links", "per_recipient"]}).status_code == 303
    with sessions() as session:
        assert read_defaults(session.get_one(User, owner.id)) == TrackingDefaults(False, True, True)
    assert browser.submit(PAGE, PAGE).status_code == 303
    with sessions() as session:
        assert read_defaults(session.get_one(User, owner.id)) == TrackingDefaults(False, False, False)


def test_an_entry_is_added_shown_and_removed(browser: PageClient) -> None:
    for whose in ("own", "workspace"):
        assert browser.submit(PAGE, f"{PAGE}/{whose}/add", {"pattern": "@Never.example"}).status_code == 303
    page = browser.get(PAGE).text
    assert page.count("<code>never.example</code>") == 2
    for path in re.findall(rf"{PAGE}/\w+/[0-9a-f]{{32}}/remove", page):
        assert browser.submit(PAGE, path).status_code == 303
    assert "never.example" not in browser.get(PAGE).text


def test_what_is_neither_address_nor_domain_is_said_in_its_place(browser: PageClient) -> None:
    answer = browser.submit(PAGE, f"{PAGE}/own/add", {"pattern": "<b>nothing"})
    assert answer.status_code == 400
    assert "is neither an e-mail address nor a domain" in answer.text
    assert "<b>nothing" not in answer.text


def test_members_read_the_workspaces_list_and_change_their_own_alone(
    app: Flask, services: WebServices, browser: PageClient, sessions: Sessions, owner: User
) -> None:
    browser.submit(PAGE, f"{PAGE}/workspace/add", {"pattern": "all.example"})
    browser.submit(PAGE, f"{PAGE}/own/add", {"pattern": "mine.example"})
    [own, shared] = re.findall(rf"{PAGE}/\w+/([0-9a-f]{{32}})/remove", browser.get(PAGE).text)
    with sessions.begin() as session:
        member = add_colleague(session, owner)
    client = sign_in(app, services, member)
    page = client.get(PAGE).text
    assert "all.example" in page
    assert "mine.example" not in page
    assert client.submit(PAGE, f"{PAGE}/workspace/add", {"pattern": "more.example"}).status_code == 403
    assert client.submit(PAGE, f"{PAGE}/workspace/{shared}/remove").status_code == 403
    assert client.submit(PAGE, f"{PAGE}/own/{own}/remove").status_code == 404
    assert client.submit(PAGE, f"{PAGE}/others/add", {"pattern": "more.example"}).status_code == 404
