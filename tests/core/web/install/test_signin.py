"""Tests of signing in by a provider: who is known, and who is not."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from core.accounts.owner import PLACEHOLDER_EMAIL
from core.storage.models import Session, User
from core.web.services import WebServices
from tests.fakes.openid import OpenIdProvider
from tests.support.openid import connect, go, rows
from tests.support.pages import PageClient


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


def test_the_front_page_offers_the_providers(stranger: PageClient, owner: User) -> None:
    assert "Sign in with Google" in stranger.get("/").text
    assert "/connect/google?next=/activity" in stranger.get("/activity").text


def test_strangers_can_begin_only_so_many_sign_ins_at_once(
    browser: PageClient, stranger: PageClient, services: WebServices, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.accounts.install.states.CROWD", 3)
    for _ in range(3):
        assert stranger.get("/connect/google").status_code == 303
    refused = stranger.get("/connect/google")
    assert refused.status_code == 503
    assert "Please try again" in refused.text
    assert browser.get("/connect/google?feature=replies").status_code == 303, "who is signed in is no stranger"
