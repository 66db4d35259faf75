from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.cookies import CookieStyle, choose_cookie, is_loopback, same_host

HTTPS = "https://track.example.com"


@pytest.mark.parametrize(
    ("public_url", "host", "style"),
    [
        (HTTPS, "track.example.com", CookieStyle("__Host-mailerplex", secure=True)),
        (HTTPS, "TRACK.example.com:443", CookieStyle("__Host-mailerplex", secure=True)),
        (HTTPS, "127.0.0.1:8000", CookieStyle("mailerplex", secure=False)),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", CookieStyle("mailerplex", secure=False)),
        ("http://127.0.0.1:8000", "localhost:8000", CookieStyle("mailerplex", secure=False)),
        ("http://localhost:9", "[::1]:9", CookieStyle("mailerplex", secure=False)),
        ("http://192.168.1.5:8000", "192.168.1.5:8000", None),
        ("http://track.example.com", "track.example.com", None),
        (HTTPS, "track.example.com:8443", None),
        (HTTPS, "", None),
    ],
)
def test_the_cookie_follows_from_how_the_request_came_in(public_url: str, host: str, style: CookieStyle | None) -> None:
    assert choose_cookie(public_url, host) == style


@pytest.mark.parametrize(
    "host",
    [
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.1@example.com",
        "example.com#127.0.0.1",
        "example.com/localhost",
        "localhost localhost",
        "127.0.0.1:99999",
        "127.0.0.1:x",
        "[::1",
        "[::2]",
        "0.0.0.0",
        "",
    ],
)
def test_what_only_looks_like_loopback_is_none(host: str) -> None:
    assert not is_loopback(host)


@given(st.text(max_size=60))
def test_any_host_header_gets_an_answer(host: str) -> None:
    if not is_loopback(host) and not same_host(HTTPS, host):
        assert choose_cookie(HTTPS, host) is None
