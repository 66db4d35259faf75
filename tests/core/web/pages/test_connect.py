"""Tests of `/connect/<provider>`, its callback, and the pages of connections, against a provider on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts.install.connections import place
from core.accounts.install.installer import Installer
from core.accounts.install.states import create_state, remove_expired_states
from core.accounts.owner import PLACEHOLDER_EMAIL
from core.keys import KeyRing, create_key, parse_keys
from core.storage.models import Connection, OauthState, Session, User
from core.storage.sealing import Sealer
from core.web.services import WebServices
from tests.fakes.openid import OpenIdProvider, make_key, serve
from tests.support.openid import REPLIES, SEND, connect, go, make_google
from tests.support.pages import Clock, PageClient, sign_in

BOTH = "/connect/google?feature=replies&feature=send"


@pytest.fixture
def clock() -> Clock:
    """The time; ID tokens are checked against the real one."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    """A provider on loopback."""
    with serve(OpenIdProvider()) as provider:
        yield provider


@pytest.fixture
def services(services: WebServices, provider: OpenIdProvider, ring: KeyRing, clock: Clock) -> WebServices:
    """What the pages work with, Google's side set up."""
    installer = Installer(
        {"google": make_google(provider, clock)}, services.sessions, lambda: ring, services.settings.public_url, clock
    )
    return replace(services, installer=installer)


def rows(services: WebServices) -> list[Connection]:
    """Return the connections, oldest first."""
    with services.reading_sessions() as session:
        return list(session.scalars(select(Connection).order_by(Connection.id)))


def add_user(services: WebServices, owner: User, email: str) -> User:
    """Add a member to the owner's workspace."""
    with services.sessions.begin() as session:
        user = User(workspace_id=owner.workspace_id, email=email, role="member", created_at=services.clock())
        session.add(user)
    return user


def test_connecting_says_what_was_granted_and_what_works_now(
    browser: PageClient, services: WebServices, provider: OpenIdProvider, ring: KeyRing
) -> None:
    page = connect(browser, BOTH)
    assert page.status_code == 200
    assert "Your Google account is connected." in page.text
    assert "Replies and bounces of tracked messages appear" in page.text
    assert "What you did not grant" not in page.text
    [row] = rows(services)
    assert (row.subject, row.email, row.state) == ("ann-1", "owner@example.com", "connected")
    assert set(row.scopes.split()) == {REPLIES, SEND}
    assert row.access_token is not None
    assert row.refresh_token is not None
    assert b"refresh-" not in row.refresh_token
    assert Sealer(ring).open(row.refresh_token, place(row.id, "refresh_token")).startswith("refresh-")
    [asked] = provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert (asked["access_type"], asked["prompt"], asked["include_granted_scopes"]) == ("offline", "consent", "true")


def test_connecting_without_a_feature_asks_who_it_is_and_keeps_no_token(
    browser: PageClient, services: WebServices, provider: OpenIdProvider
) -> None:
    page = connect(browser, "/connect/google")
    assert "No access to your mail." in page.text
    [row] = rows(services)
    assert (row.access_token, row.refresh_token, row.scopes) == (None, None, "")
    assert set(provider.asked[0]["scope"].split()) == {"openid", "email", "profile"}
    assert "access_type" not in provider.asked[0]


def test_a_partial_grant_is_accepted_and_said_and_the_rest_can_be_asked_for_later(
    browser: PageClient, services: WebServices, provider: OpenIdProvider
) -> None:
    provider.grants = {REPLIES}
    page = connect(browser, BOTH)
    assert "Replies and bounces of tracked messages appear" in page.text
    assert "What you did not grant" in page.text
    assert "Allow: Sending one copy for each recipient" in page.text
    [row] = rows(services)
    assert row.scopes == REPLIES
    provider.grants = None
    connect(browser, f"/connect/google?connection={row.id}&feature=send&feature=replies")
    [again] = rows(services)
    assert again.id == row.id
    assert set(again.scopes.split()) == {REPLIES, SEND}
    assert provider.asked[-1]["login_hint"] == "owner@example.com"


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


def test_a_known_account_signs_in_and_goes_where_it_wanted(
    browser: PageClient, stranger: PageClient, provider: OpenIdProvider, services: WebServices
) -> None:
    connect(browser, "/connect/google?feature=replies")
    tokens = rows(services)[0].refresh_token
    provider.user = {"sub": "ann-1", "email": "new-name@example.com", "email_verified": False}
    before = stranger.cookies()
    response = stranger.get(go(stranger, "/connect/google?next=/settings"))
    assert (response.status_code, response.headers["Location"]) == (303, "/settings")
    assert stranger.get("/settings").status_code == 200
    assert stranger.cookies() != before
    assert rows(services)[0].refresh_token == tokens
    assert "access_type" not in provider.asked[-1]


def test_a_verified_address_signs_in_the_first_time_and_is_then_known_by_its_subject(
    stranger: PageClient, services: WebServices, provider: OpenIdProvider, owner: User
) -> None:
    provider.user["email"] = "Owner@Example.com"
    assert connect(stranger, "/connect/google").status_code in (200, 303)
    assert [(row.user_id, row.subject) for row in rows(services)] == [(owner.id, "ann-1")]
    assert stranger.get("/settings").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x", "email": "owner@example.com", "email_verified": False},
        {"sub": "x", "email": "owner@example.com", "email_verified": "true"},
        {"sub": "x", "email": "owner@example.com"},
        {"sub": "x", "email": "stranger@example.com", "email_verified": True},
        {"sub": "x"},
    ],
)
def test_a_stranger_or_an_address_that_is_not_verified_does_not_sign_in(
    stranger: PageClient, services: WebServices, provider: OpenIdProvider, owner: User, claims: dict[str, Any]
) -> None:
    provider.user = claims
    page = connect(stranger, "/connect/google")
    assert page.status_code == 403
    assert "Unknown here" in page.text
    assert rows(services) == []
    with services.reading_sessions() as session:
        assert session.scalar(select(Session)) is None


def test_an_address_given_to_a_new_person_does_not_sign_in_as_the_former(
    browser: PageClient, stranger: PageClient, provider: OpenIdProvider
) -> None:
    connect(browser, "/connect/google")
    provider.user["sub"] = "another-person"
    assert connect(stranger, "/connect/google").status_code == 403


def test_until_the_owner_came_in_by_the_link_nobody_signs_in_by_a_provider(
    stranger: PageClient, services: WebServices, owner: User, provider: OpenIdProvider
) -> None:
    with services.sessions.begin() as session:
        session.get_one(User, owner.id).email = PLACEHOLDER_EMAIL
    provider.user["email"] = PLACEHOLDER_EMAIL
    page = stranger.get("/connect/google")
    assert page.status_code == 403
    assert "Not open yet" in page.text
    assert provider.asked == []


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "/\tx", "javascript:x"])
def test_signing_in_leads_to_no_other_site(stranger: PageClient, owner: User, path: str) -> None:
    begun = stranger.get("/connect/google", query_string={"next": path})
    state = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert state  # the provider was asked
    callback = go(stranger, f"/connect/google?next={path}" if path.isprintable() else "/connect/google")
    assert stranger.get(callback).headers["Location"] == "/"


def test_disconnecting_revokes_and_erases(
    browser: PageClient, services: WebServices, provider: OpenIdProvider, stranger: PageClient
) -> None:
    connect(browser, BOTH)
    [row] = rows(services)
    page = browser.submit(f"/settings/connections/{row.id}", f"/settings/connections/{row.id}/disconnect")
    assert page.status_code == 303
    assert "is erased" in browser.get(page.headers["Location"]).text
    assert [token[:8] for token in provider.revoked] == ["refresh-"]
    [row] = rows(services)
    assert row.state == "disconnected"
    assert (row.subject, row.email, row.access_token, row.refresh_token, row.scopes) == (None, None, None, None, "")
    assert browser.get(f"/settings/connections/{row.id}").status_code == 404
    provider.user |= {"email_verified": False}
    assert connect(stranger, "/connect/google").status_code == 403


def test_disconnecting_erases_also_where_the_provider_does_not_answer(
    browser: PageClient, services: WebServices, provider: OpenIdProvider
) -> None:
    connect(browser, BOTH)
    [row] = rows(services)
    form = browser.get(f"/settings/connections/{row.id}")
    provider.revoke = lambda token: 503  # type: ignore[method-assign]  # the provider is down
    assert form.status_code == 200
    page = browser.submit(f"/settings/connections/{row.id}", f"/settings/connections/{row.id}/disconnect")
    assert "could not be told" in browser.get(page.headers["Location"]).text
    assert rows(services)[0].refresh_token is None


def test_disconnecting_needs_the_forms_token_and_is_for_ones_own_accounts(
    browser: PageClient, app: Flask, services: WebServices, owner: User
) -> None:
    connect(browser, BOTH)
    [row] = rows(services)
    path = f"/settings/connections/{row.id}/disconnect"
    assert browser.post(path).status_code == 400
    other = sign_in(app, services, add_user(services, owner, "bob@example.com"))
    assert other.submit("/settings", path).status_code == 404
    assert other.get(f"/settings/connections/{row.id}").status_code == 404
    assert rows(services)[0].refresh_token is not None


def test_a_connection_that_needs_its_user_is_said_and_connected_again(
    browser: PageClient, services: WebServices, provider: OpenIdProvider
) -> None:
    connect(browser, BOTH)
    [row] = rows(services)
    with services.sessions.begin() as session:
        session.get_one(Connection, row.id).state = "reconnect"
    assert "An account needs you" in browser.get("/settings").text
    assert "Connect again" in browser.get("/settings/connections").text
    page = connect(browser, f"/connect/google?connection={row.id}")
    assert "Your Google account is connected." in page.text
    assert rows(services)[0].state == "connected"
    assert "An account needs you" not in browser.get("/settings").text


def test_the_front_page_offers_the_providers(stranger: PageClient, owner: User) -> None:
    assert "Sign in with Google" in stranger.get("/").text
    assert "/connect/google?next=/activity" in stranger.get("/activity").text


def test_a_visit_on_another_of_our_names_goes_to_the_public_url(app: Flask) -> None:
    answer = PageClient(app, "http://localhost:8000").get("/connect/google?feature=replies")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "http://127.0.0.1:8000/connect/google?feature=replies",
    )
