"""Limits on what strangers try, in Redis and without."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from flask import Flask

from core.settings import TrustedProxies
from core.storage.models import User
from core.web.factory import create_app
from core.web.services import WebServices
from core.web.throttles import Trial
from tests.support.pages import PageClient, make_link

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WRONG = "/signin/" + "x" * 43


def behind_proxy(services: WebServices) -> WebServices:
    trusted = TrustedProxies((ipaddress.ip_network("127.0.0.0/8"),))
    return replace(services, settings=replace(services.settings, trusted_proxies=trusted))


@pytest.fixture(params=["redis", "down", "none"])
def limited(request: pytest.FixtureRequest, services: WebServices) -> WebServices:
    """Services with Redis, with one that is down, and without any."""
    urls = {"down": "redis://127.0.0.1:1/0", "none": None}
    url = request.getfixturevalue("redis_url") if request.param == "redis" else urls[request.param]
    return behind_proxy(replace(services, redis_url=url))


@ON_SQLITE
def test_guessing_sign_in_links_ends_for_the_network_that_guesses(limited: WebServices, owner: User) -> None:
    app = create_app(limited)
    client = PageClient(app)
    near, far = {"X-Forwarded-For": "203.0.113.5"}, {"X-Forwarded-For": "198.51.100.7"}
    statuses = [client.get(WRONG, headers=near).status_code for _ in range(Trial.SIGNIN_LINK.most)]
    assert set(statuses) == {410}
    refused = client.get(WRONG, headers={"X-Forwarded-For": "203.0.113.99"})  # its neighbour
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 600
    assert "try again" in refused.text
    link = make_link(limited.sessions, owner, limited.clock())
    assert client.get(link, headers=near).status_code == 429
    assert client.get(link, headers=far).status_code == 200


@ON_SQLITE
def test_whoever_is_no_trusted_proxy_cannot_choose_the_network(services: WebServices) -> None:
    client = PageClient(create_app(services))
    for number in range(Trial.SIGNIN_LINK.most):
        client.get(WRONG, headers={"X-Forwarded-For": f"203.0.{number}.5"})
    assert client.get(WRONG, headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 429


@ON_SQLITE
def test_links_that_work_are_never_counted(app: Flask, services: WebServices, owner: User) -> None:
    client = PageClient(app)
    for _ in range(Trial.SIGNIN_LINK.most + 5):
        link = make_link(services.sessions, owner, services.clock())
        assert client.get(link).status_code == 200
