"""Fixtures of the install flow: pages with a provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.accounts.install.installer import Installer
from core.keys import KeyRing
from core.web.services import WebServices
from tests.fakes.openid import OpenIdProvider, serve
from tests.support.openid import make_google
from tests.support.pages import Clock


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
