"""Tests of what connecting grants, and of the pages on which it is shown and ended."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from core.accounts.install.connections import place
from core.keys import KeyRing
from core.storage.models import AuditEntry, Connection, User
from core.storage.sealing import Sealer
from core.web.services import WebServices
from tests.fakes.openid import OpenIdProvider
from tests.support.openid import BOTH, REPLIES, SEND, add_user, connect, rows
from tests.support.pages import PageClient, sign_in


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
    assert "Allow: Sending in your name" in page.text
    [row] = rows(services)
    assert row.scopes == REPLIES
    provider.grants = None
    connect(browser, f"/connect/google?connection={row.id}&feature=send&feature=replies")
    [again] = rows(services)
    assert again.id == row.id
    assert set(again.scopes.split()) == {REPLIES, SEND}
    assert provider.asked[-1]["login_hint"] == "owner@example.com"


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
    with services.sessions() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("connection."))).all()
    assert {(entry.action, entry.actor_id, entry.thing, entry.detail) for entry in entries} == {
        (action, row.user_id, f"connection:{row.id}", "Google") for action in ("connection.added", "connection.removed")
    }


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
    assert "A connected account needs you" in browser.get("/activity").text
    assert "Connect again" in browser.get("/settings/connections").text
    page = connect(browser, f"/connect/google?connection={row.id}")
    assert "Your Google account is connected." in page.text
    assert rows(services)[0].state == "connected"
    assert "A connected account needs you" not in browser.get("/settings").text
