from __future__ import annotations

from dataclasses import replace

from flask import Flask

from core.alerts.rules import find_enabled
from core.storage.models import User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in


def test_ones_own_address_can_be_changed(browser: PageClient, services: WebServices, owner: User) -> None:
    answer = browser.submit("/settings", "/settings/email", {"email": " new@example.com "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings?done=email")
    assert "Your address was saved." in browser.get("/settings?done=email").text
    with services.sessions() as session:
        assert session.get_one(User, owner.id).email == "new@example.com"


def test_what_is_no_address_is_said_beside_the_field_and_nothing_is_saved(
    browser: PageClient, services: WebServices, owner: User
) -> None:
    answer = browser.submit("/settings", "/settings/email", {"email": "<b>nobody"})
    assert answer.status_code == 400
    assert "is not an e-mail address" in answer.text
    assert 'value="&lt;b&gt;nobody"' in answer.text
    with services.sessions() as session:
        assert session.get_one(User, owner.id).email == owner.email


def test_alerts_are_chosen_by_rule_and_channel(browser: PageClient, services: WebServices, owner: User) -> None:
    chosen = ["first_open:app", "any_click:email", "made-up:app"]
    assert browser.submit("/settings", "/settings/alerts", {"alert": chosen}).status_code == 303
    with services.sessions() as session:
        assert {rule[1:] for rule in find_enabled(session, [owner.id])} == {
            ("first_open", "app"),
            ("any_click", "email"),
        }
    assert browser.get("/settings").text.count(" checked") == 2
    browser.submit("/settings", "/settings/alerts")
    with services.sessions() as session:
        assert find_enabled(session, [owner.id]) == set()


def test_an_address_given_where_mail_is_set_up_brings_the_usual_mail_alerts(services: WebServices, owner: User) -> None:
    app = create_app(replace(services, settings=replace(services.settings, smtp_url="smtp://mail.example.com")))
    sign_in(app, services, owner).submit("/settings", "/settings/email", {"email": "new@example.com"})
    with services.sessions() as session:
        assert (owner.id, "first_open", "email") in find_enabled(session, [owner.id])


def test_other_browsers_can_be_signed_out(app: Flask, browser: PageClient, services: WebServices, owner: User) -> None:
    other = sign_in(app, services, owner)
    assert other.get("/activity").status_code == 200
    browser.submit("/settings", "/settings/security/others")
    assert other.get("/activity").status_code == 401
    assert browser.get("/activity").status_code == 200
