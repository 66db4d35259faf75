"""Connecting an account through the real processes: settings, keys, pages, rotation, sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import select

from core.accounts.install.connections import place, record_tokens
from core.accounts.owner import ensure_owner
from core.accounts.signin import create_signin_link
from core.ports import Tokens
from core.storage.models import Connection
from core.storage.sealing import Sealer
from tests.end_to_end.conftest import Start
from tests.fakes.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, serve
from tests.support.installation import RunningInstallation

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    """A provider on loopback."""
    with serve(OpenIdProvider()) as provider:
        yield provider


@pytest.fixture
def installation(prepare: Start, provider: OpenIdProvider) -> RunningInstallation:
    """A running installation that has credentials of the provider."""
    installation = prepare(
        GOOGLE_CLIENT_ID=CLIENT_ID, GOOGLE_CLIENT_SECRET=CLIENT_SECRET, GOOGLE_ISSUER_URL=provider.url
    )
    installation.start()
    return installation


def sign_in(installation: RunningInstallation, base: str) -> requests.Session:
    """Sign the owner in by a one-time link."""
    opened = installation.open()
    with opened.sessions.begin() as session:
        now = datetime.now(UTC)
        link = create_signin_link(session, ensure_owner(session, now), base, now)
    opened.engine.dispose()
    browser = requests.Session()
    page = browser.get(link, timeout=10)
    found = TOKEN.search(page.text)
    assert found is not None, page.text
    assert browser.post(link, data={"csrf_token": found[1]}, timeout=10).status_code == 200
    return browser


def test_an_account_is_connected_signs_in_and_survives_a_rotation_of_keys(
    installation: RunningInstallation, provider: OpenIdProvider
) -> None:
    base = f"http://127.0.0.1:{installation.port}"
    assert requests.get(f"{base}/connect/google", timeout=10).status_code == 403  # nobody came in by the link yet
    owner = sign_in(installation, base)
    page = owner.get(f"{base}/connect/google", timeout=10)
    assert urlsplit(page.url).path.startswith("/settings/connections/")
    assert "Your Google account is connected." in page.text

    opened = installation.open()
    with opened.sessions.begin() as session:
        row = session.scalars(select(Connection)).one()
        now = datetime.now(UTC)
        tokens = Tokens("access-1", "refresh-1", now, frozenset({"a-scope"}))
        record_tokens(row, Sealer(opened.keys.ring), tokens, now)
    rotated = installation.command("keys", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    with opened.sessions() as session:
        row = session.scalars(select(Connection)).one()
    ring = opened.current_ring
    assert len(ring.keys) == 2
    assert Sealer(ring).is_current(row.refresh_token or b"", place(row.id, "refresh_token"))
    opened.engine.dispose()

    other = requests.Session()
    signed_in = other.get(f"{base}/connect/google?next=/settings", timeout=10)
    assert urlsplit(signed_in.url).path == "/settings"
    assert signed_in.status_code == 200

    found = TOKEN.search(owner.get(page.url, timeout=10).text)
    assert found is not None
    ended = owner.post(f"{base}/settings/connections/{row.id}/disconnect", data={"csrf_token": found[1]}, timeout=10)
    assert ended.status_code == 200
    assert provider.revoked == ["refresh-1"]
    assert not any(word in installation.read_log() for word in ("refresh-1", "access-1", "owner@example.com", "code="))
