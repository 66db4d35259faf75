"""Tests of `/connect/<provider>` and its callback: every way in which a flow ends without its purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts.install.states import create_state, remove_expired_states
from core.keys import create_key, parse_keys
from core.storage.models import OauthState, User
from core.web.services import WebServices
from tests.fakes.openid import OpenIdProvider, make_key
from tests.support.openid import BOTH, add_user, connect, go, rows
from tests.support.pages import Clock, PageClient, sign_in


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 200, "You did not agree"),
        ("temporarily_unavailable", 503, "not available"),
        ("admin_policy_enforced", 403, "Not allowed"),
        ("login_required", 400, "One more step"),
        ("invalid_scope", 400, "Google refused"),
        ("<script>alert(1)</script>", 400, "Google refused"),
    ],
)
def test_every_error_answer_gets_a_page_that_says_that_nothing_changed(
    browser: PageClient, services: WebServices, provider: OpenIdProvider, error: str, status: int, words: str
) -> None:
    connect(browser, "/connect/google?feature=replies")
    before = rows(services)[0].refresh_token
    provider.error = error
    page = connect(browser, BOTH)
    assert page.status_code == status
    assert words in page.text
    assert "Nothing was changed." in page.text
    assert "Try again" in page.text
    assert "<script>alert" not in page.text
    assert "words" not in page.text  # the provider's description comes through the address
    assert [row.refresh_token for row in rows(services)] == [before]


def test_a_callback_opened_twice_does_nothing_the_second_time(browser: PageClient, services: WebServices) -> None:
    callback = go(browser, "/connect/google?feature=replies")
    assert browser.get(callback).status_code == 303
    before = rows(services)[0].refresh_token
    again = browser.get(callback)
    assert again.status_code == 410
    assert "Already finished" in again.text
    assert rows(services)[0].refresh_token == before


@pytest.mark.parametrize("change", ["", "x", "é", "swap", "unsigned"])
def test_a_state_that_was_altered_or_made_up_is_refused(
    browser: PageClient, services: WebServices, change: str
) -> None:
    parts = urlsplit(go(browser, "/connect/google"))
    query = parse_qs(parts.query)
    state = {
        "": "",
        "x": query["state"][0][:-1] + ("A" if query["state"][0][-1] != "A" else "B"),
        "é": "é.é",
        "swap": create_state(parse_keys(create_key())),
        "unsigned": query["state"][0].split(".")[0],
    }[change]
    page = browser.get("/connect/google/callback", query_string={"state": state, "code": query["code"][0]})
    assert page.status_code == 400
    assert "Not begun here" in page.text
    assert rows(services) == []


def test_a_callback_without_anything_is_refused(browser: PageClient) -> None:
    assert browser.get("/connect/google/callback").status_code == 400


def test_a_callback_without_a_code_is_refused(browser: PageClient, services: WebServices) -> None:
    state = parse_qs(urlsplit(go(browser, "/connect/google")).query)["state"][0]
    page = browser.get("/connect/google/callback", query_string={"state": state})
    assert (page.status_code, rows(services)) == (400, [])
    assert "Google refused" in page.text


def test_a_callback_in_another_browser_is_refused_and_leaves_the_flow_to_the_one_that_began(
    browser: PageClient, app: Flask, services: WebServices, owner: User
) -> None:
    callback = go(browser, "/connect/google")
    other = sign_in(app, services, add_user(services, owner, "mallory@example.com"))
    for stranger in (other, PageClient(app)):
        page = stranger.get(callback)
        assert page.status_code == 400
        assert "Not begun here" in page.text
    assert rows(services) == []
    assert browser.get(callback).status_code == 303


def test_a_callback_after_ten_minutes_is_refused_and_its_row_removed(
    browser: PageClient, services: WebServices, clock: Clock
) -> None:
    callback = go(browser, "/connect/google")
    clock.now += timedelta(minutes=10, seconds=1)
    page = browser.get(callback)
    assert (page.status_code, rows(services)) == (410, [])
    assert "That took too long" in page.text
    with services.sessions.begin() as session:
        assert remove_expired_states(session, clock.now) == 1
        assert session.scalar(select(OauthState)) is None


def test_the_code_works_only_with_the_verifier_that_stays_here(browser: PageClient, services: WebServices) -> None:
    first, second = go(browser, "/connect/google"), go(browser, "/connect/google")
    code = parse_qs(urlsplit(first).query)["code"][0]
    state = parse_qs(urlsplit(second).query)["state"][0]
    page = browser.get("/connect/google/callback", query_string={"state": state, "code": code})
    assert (page.status_code, rows(services)) == (410, [])


def expired(claims: dict[str, Any]) -> dict[str, Any]:
    return {**claims, "exp": claims["exp"] - 7200}


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(expired, id="expired"),
        pytest.param(lambda claims: {**claims, "aud": "another"}, id="audience"),
        pytest.param(lambda claims: {**claims, "aud": [claims["aud"], "another"]}, id="several audiences"),
        pytest.param(lambda claims: {**claims, "azp": "another"}, id="authorised party"),
        pytest.param(lambda claims: {**claims, "nonce": "another"}, id="nonce"),
        pytest.param(lambda claims: {key: claims[key] for key in claims if key != "nonce"}, id="no nonce"),
        pytest.param(lambda claims: {**claims, "iss": "https://evil.example"}, id="issuer"),
        pytest.param(lambda claims: {key: claims[key] for key in claims if key != "sub"}, id="no subject"),
        pytest.param(lambda claims: {key: claims[key] for key in claims if key != "exp"}, id="no end"),
    ],
)
def test_an_id_token_that_says_something_else_is_refused(
    browser: PageClient,
    services: WebServices,
    provider: OpenIdProvider,
    lie: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    provider.lie = lie
    page = connect(browser, BOTH)
    assert (page.status_code, rows(services)) == (400, [])
    assert "Not verified" in page.text


@pytest.mark.parametrize(
    ("key", "algorithm"), [(make_key(), "RS256"), ("k" * 40, "HS256"), (None, "none"), (None, "PS256")]
)
def test_an_id_token_that_the_issuer_did_not_sign_as_agreed_is_refused(
    browser: PageClient, services: WebServices, provider: OpenIdProvider, key: object, algorithm: str
) -> None:
    provider.signing_key, provider.algorithm = key, algorithm
    if algorithm == "none":
        provider.key = ""  # type: ignore[assignment]  # so that the provider signs with nothing
        provider.keys = lambda: {"keys": [{"kid": "key-1", "kty": "oct", "k": ""}]}  # type: ignore[method-assign]  # same
    page = connect(browser, BOTH)
    assert (page.status_code, rows(services)) == (400, [])
    assert "Not verified" in page.text


def test_a_provider_that_is_down_is_said_and_nothing_is_lost(
    browser: PageClient, services: WebServices, provider: OpenIdProvider
) -> None:
    provider.token_error, provider.token_status = "server_error", 503
    page = connect(browser, BOTH)
    assert (page.status_code, rows(services)) == (503, [])
    provider.token_error = None
    assert connect(browser, BOTH).status_code == 200


@pytest.mark.parametrize(("path", "words"), [("nobody", "No such provider"), ("microsoft", "not set up here")])
def test_a_provider_that_is_unknown_or_not_set_up_gets_a_page(browser: PageClient, path: str, words: str) -> None:
    for address in (f"/connect/{path}", f"/connect/{path}/callback?state=x&code=y"):
        page = browser.get(address)
        assert page.status_code == 404
        assert words in page.text


@pytest.mark.parametrize("feature", ["nonsense", "<b>", "replies send"])
def test_a_feature_that_there_is_none_of_is_refused(browser: PageClient, feature: str) -> None:
    page = browser.get("/connect/google", query_string={"feature": feature})
    assert page.status_code == 404


def test_an_account_of_another_person_here_is_not_taken_over(
    browser: PageClient, app: Flask, services: WebServices, owner: User
) -> None:
    connect(browser, BOTH)
    other = sign_in(app, services, add_user(services, owner, "bob@example.com"))
    page = connect(other, BOTH)
    assert page.status_code == 409
    assert [row.user_id for row in rows(services)] == [owner.id]


def test_a_visit_on_another_of_our_names_goes_to_the_public_url(app: Flask) -> None:
    answer = PageClient(app, "http://localhost:8000").get("/connect/google?feature=replies")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "http://127.0.0.1:8000/connect/google?feature=replies",
    )
