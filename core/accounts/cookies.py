"""Which cookie a browser may keep its session in, decided from addresses alone (RFC 6265bis)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from core.wording import mark

NAME: Final = "mailerplex"
HTTPS_NAME: Final = f"__Host-{NAME}"

REFUSAL: Final = mark(
    "Signing in needs https, or a loopback address such as http://127.0.0.1: set MAILERPLEX_PUBLIC_URL to an https URL."
)


@dataclass(frozen=True, slots=True)
class CookieStyle:
    """How the session cookie is named, and whether it travels over https alone."""

    name: str
    secure: bool


def choose_cookie(public_url: str, host: str) -> CookieStyle | None:
    """Choose the cookie for a request to `host` (a Host header); None where nobody may sign in.

    `__Host-` on an https public URL; a plain name on loopback, where browsers refuse that prefix over http; none on
    any other http address, where the cookie could be read on its way.
    """
    if urlsplit(public_url).scheme == "https" and same_host(public_url, host):
        return CookieStyle(HTTPS_NAME, secure=True)
    if is_loopback(host):
        return CookieStyle(NAME, secure=False)
    return None


def split_host(host: str) -> tuple[str, int | None] | None:
    """Split a Host header into lower-case name and port; None if it is none."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    whole = parts.netloc == host and "@" not in host and not any(character.isspace() for character in host)
    return (name.rstrip("."), port) if name and whole else None


def is_loopback(host: str) -> bool:
    """Say whether a Host header names this very machine, on any port."""
    split = split_host(host)
    if split is None:
        return False
    if split[0] == "localhost":
        return True
    try:
        return ipaddress.ip_address(split[0]).is_loopback
    except ValueError:
        return False


def same_host(public_url: str, host: str) -> bool:
    """Say whether a Host header is the public URL's host and port; the scheme's own port may be left out."""
    parts = urlsplit(public_url)
    default = 443 if parts.scheme == "https" else 80
    split = split_host(host)
    return split is not None and (split[0], split[1] or default) == (parts.hostname, parts.port or default)
