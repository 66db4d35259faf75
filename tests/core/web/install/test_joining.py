"""Joining by signing in: who is invited, or of an organisation that may join."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.people.domains import allow_domain
from core.people.invitations import invite
from core.storage.models import User
from core.web.services import WebServices
from tests.fakes.openid import OpenIdProvider
from tests.support.openid import connect
from tests.support.pages import PageClient
from tests.support.team import act_as

NINA = {"sub": "nina-1", "email": "Nina@Example.com", "email_verified": True, "name": "Nina"}


def emails(services: WebServices) -> list[str]:
    """List the addresses of all people."""
    with services.reading_sessions() as session:
        return sorted(session.scalars(select(User.email)))


def test_an_invited_address_joins_by_signing_in(
    stranger: PageClient, services: WebServices, provider: OpenIdProvider, owner: User
) -> None:
    with services.sessions.begin() as session:
        invite(session, act_as(owner, services.clock()), "nina@example.com", "member", services.clock())
    provider.user = dict(NINA)
    assert connect(stranger, "/connect/google").status_code in (200, 303)
    assert "nina@example.com" in stranger.get("/settings").text
    assert emails(services) == ["nina@example.com", "owner@example.com"]


@pytest.mark.parametrize(
    ("claims", "joins"),
    [
        ({"hd": "example.com"}, True),
        ({"hd": "EXAMPLE.com"}, True),
        ({}, False),
        ({"hd": "other.example"}, False),
        ({"hd": "example.com", "email_verified": False}, False),
        ({"hd": "example.com", "email": "nina@else.example"}, False),
        ({"hd": ["example.com"]}, False),
    ],
)
def test_an_allowed_domain_takes_the_providers_word_for_the_organisation(
    stranger: PageClient,
    services: WebServices,
    provider: OpenIdProvider,
    owner: User,
    claims: dict[str, Any],
    joins: bool,
) -> None:
    with services.sessions.begin() as session:
        allow_domain(session, act_as(owner, services.clock()), "example.com", services.clock())
    provider.user = NINA | claims
    page = connect(stranger, "/connect/google")
    assert (page.status_code == 403) is not joins
    assert ("nina@example.com" in emails(services)) is joins


def test_a_person_who_joins_gets_the_rules_that_new_people_get(
    stranger: PageClient, services: WebServices, provider: OpenIdProvider, owner: User
) -> None:
    welcomed: list[str] = []
    assert services.installer is not None
    services.installer._welcome = lambda _session, user: welcomed.append(user.email)
    with services.sessions.begin() as session:
        invite(session, act_as(owner, services.clock()), "nina@example.com", "member", services.clock())
    provider.user = dict(NINA)
    connect(stranger, "/connect/google")
    provider.user = dict(NINA)
    connect(stranger, "/connect/google")
    assert welcomed == ["nina@example.com"]
