from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from core.accounts.sessions import IDLE_LIFETIME
from core.storage.models import User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import Clock, PageClient, find_token, make_link, sign_in

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}

# What has nothing to do with the kind of database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_opening_the_link_does_not_use_it_up_and_its_button_does_once(
    stranger: PageClient, services: WebServices, owner: User
) -> None:
    link = make_link(services.sessions, owner, services.clock())
    for _ in range(3):
        assert stranger.get(link).status_code == 200
    assert stranger.get("/activity").status_code == 401
    answer = stranger.submit(link, link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert stranger.get("/activity").status_code == 200

    other = PageClient(stranger.flask.application)
    assert other.get(link).status_code == 410
    token = find_token(other.get(make_link(services.sessions, owner, services.clock())))
    assert other.post(link, {"csrf_token": token}).status_code == 410
    assert other.get("/activity").status_code == 401


def test_an_expired_link_signs_nobody_in(
    stranger: PageClient, services: WebServices, owner: User, clock: Clock
) -> None:
    link = make_link(services.sessions, owner, clock.now)
    token = find_token(stranger.get(link))
    clock.now += timedelta(minutes=15)
    answer = stranger.post(link, {"csrf_token": token})
    assert answer.status_code == 410
    assert "signin-link" in answer.text
    assert stranger.get("/activity").status_code == 401


@ON_SQLITE
def test_the_button_needs_the_token_of_its_own_page(stranger: PageClient, services: WebServices, owner: User) -> None:
    link = make_link(services.sessions, owner, services.clock())
    foreign = find_token(PageClient(stranger.flask.application).get(link))
    stranger.get(link)
    for form in ({}, {"csrf_token": "made-up"}, {"csrf_token": foreign}):
        answer = stranger.post(link, form)
        assert answer.status_code == 400
        assert "reload the page" in answer.text
    assert stranger.submit(link, link).status_code == 303


@ON_SQLITE
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_sent_by_another_site_is_refused(
    stranger: PageClient, services: WebServices, owner: User, headers: dict[str, str]
) -> None:
    link = make_link(services.sessions, owner, services.clock())
    token = find_token(stranger.get(link))
    assert stranger.post(link, {"csrf_token": token}, headers=headers).status_code == 400
    assert stranger.post(link, {"csrf_token": token}, headers=SAME_SITE).status_code == 303


@ON_SQLITE
def test_the_cookie_is_for_this_host_over_https_alone(services: WebServices, owner: User) -> None:
    secure = replace(services, settings=replace(services.settings, public_url="https://track.example.com"))
    app = create_app(secure)
    client = PageClient(app, "https://track.example.com")
    link = make_link(services.sessions, owner, services.clock())
    answer = client.submit(link, link)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-mailerplex=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    assert client.get("/activity").headers["Strict-Transport-Security"]


def test_on_loopback_the_cookie_has_a_plain_name(browser: PageClient) -> None:
    assert set(browser.cookies()) == {"mailerplex"}


@ON_SQLITE
def test_over_plain_http_elsewhere_nobody_signs_in(services: WebServices, owner: User) -> None:
    app = create_app(replace(services, settings=replace(services.settings, public_url="http://192.168.1.5:8000")))
    client = PageClient(app, "http://192.168.1.5:8000")
    answer = client.get(make_link(services.sessions, owner, services.clock()))
    assert answer.status_code == 403
    assert "Signing in needs https" in answer.text
    assert client.cookies() == {}


def test_signing_in_changes_the_cookie_and_ends_the_former_session(
    app: Flask, services: WebServices, owner: User
) -> None:
    client = sign_in(app, services, owner)
    before = client.cookies()["mailerplex"]
    link = make_link(services.sessions, owner, services.clock())
    client.submit(link, link)
    after = client.cookies()["mailerplex"]
    assert before != after
    thief = PageClient(app)
    thief.flask.set_cookie("mailerplex", before, domain="127.0.0.1")
    assert thief.get("/activity").status_code == 401


def test_signing_out_ends_the_session_on_the_server(app: Flask, browser: PageClient) -> None:
    stolen = browser.cookies()["mailerplex"]
    assert browser.submit("/settings", "/signout").status_code == 303
    assert browser.cookies() == {}
    thief = PageClient(app)
    thief.flask.set_cookie("mailerplex", stolen, domain="127.0.0.1")
    assert thief.get("/activity").status_code == 401


def test_a_session_ends_when_it_is_not_used(browser: PageClient, clock: Clock) -> None:
    clock.now += IDLE_LIFETIME - timedelta(minutes=1)
    assert browser.get("/activity").status_code == 200
    clock.now += IDLE_LIFETIME - timedelta(minutes=1)
    assert browser.get("/activity", headers={"X-Live": "1"}).status_code == 200
    clock.now += timedelta(minutes=2)
    assert browser.get("/activity").status_code == 401


@ON_SQLITE
@pytest.mark.parametrize("value", ["", "x", "é" * 43, "a" * 43, "a" * 4000])
def test_a_made_up_cookie_is_nobody(stranger: PageClient, value: str) -> None:
    stranger.flask.set_cookie("mailerplex", value, domain="127.0.0.1")
    assert stranger.get("/activity").status_code == 401


def test_the_front_page_says_how_to_sign_in_and_sets_no_cookie(stranger: PageClient, owner: User) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert "mailerplex signin-link" in answer.text
    assert stranger.cookies() == {}


def test_the_front_page_leads_the_signed_in_to_start_until_they_would_rather_have_activity(
    browser: PageClient,
) -> None:
    assert browser.get("/").headers["Location"] == "/start"
    assert browser.submit("/start", "/start/hide", {"hide": "1"}).headers["Location"] == "/activity"
    assert browser.get("/").headers["Location"] == "/activity"
    browser.submit("/start", "/start/hide", {"hide": "0"})
    assert browser.get("/").headers["Location"] == "/start"
