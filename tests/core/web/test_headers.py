"""What every answer carries, errors among them; and cookies behind a proxy that writes its own Host header."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.accounts.cookies import HTTPS_NAME
from core.storage.models import User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import BASE, PageClient, find_token, make_link

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@ON_SQLITE
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/activity", 401),
        ("GET", "/nothing", 404),
        ("POST", "/activity", 405),
        ("DELETE", "/settings", 405),
        ("GET", "/signin/x", 410),
        ("POST", "/settings/email", 401),
        ("GET", "/static/x/y", 404),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/api/v1/messages", 404),  # no API in this application
    ],
)
def test_every_answer_carries_the_headers(stranger: PageClient, method: str, path: str, status: int) -> None:
    answer = stranger.flask.open(path, method=method, base_url=BASE)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    for feature in ("camera", "geolocation", "microphone", "payment", "usb"):
        assert f"{feature}=()" in answer.headers["Permissions-Policy"]


@ON_SQLITE
def test_a_strange_host_gets_them_too(stranger: PageClient) -> None:
    answer = stranger.flask.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert answer.headers["Content-Security-Policy"]


@pytest.fixture
def secure(services: WebServices) -> WebServices:
    """Services with an https public URL."""
    return replace(services, settings=replace(services.settings, public_url="https://track.example.com"))


@ON_SQLITE
def test_behind_a_proxy_that_writes_a_loopback_host_the_cookie_is_for_https_alone(
    secure: WebServices, owner: User
) -> None:
    client = PageClient(create_app(secure))
    link = make_link(secure.sessions, owner, secure.clock())
    proxied = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
    page = client.get(link, headers=proxied)
    assert page.headers["Set-Cookie"].startswith(f"{HTTPS_NAME}=")
    assert "Secure" in page.headers["Set-Cookie"]
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    # A browser without fetch metadata names the origin that it sees.
    headers = proxied | {"Origin": "https://track.example.com", "Cookie": cookie}
    assert client.post(link, {"csrf_token": find_token(page)}, headers=headers).status_code == 303
    foreign = proxied | {"Origin": "https://evil.example", "Cookie": cookie}
    assert client.post("/signout", {}, headers=foreign).status_code == 400


@ON_SQLITE
def test_on_this_machine_itself_the_cookie_stays_plain(secure: WebServices, owner: User) -> None:
    client = PageClient(create_app(secure))
    page = client.get(make_link(secure.sessions, owner, secure.clock()))
    assert page.headers["Set-Cookie"].startswith("mailerplex=")


@ON_SQLITE
def test_a_forwarded_request_to_plain_http_gets_no_other_cookie(services: WebServices, owner: User) -> None:
    link = make_link(services.sessions, owner, services.clock())
    page = PageClient(create_app(services)).get(link, headers={"X-Forwarded-For": "203.0.113.5"})
    assert page.headers["Set-Cookie"].startswith("mailerplex=")
