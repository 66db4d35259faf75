"""Walking through a sign-in as a browser does, and the providers of the tests."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import requests
from sqlalchemy import select
from werkzeug.test import TestResponse

from connectors.gmail.oauth import FEATURES, GoogleProvider
from core.ports import Feature
from core.storage.models import Connection, User
from core.web.services import WebServices
from tests.fakes.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.support.pages import BASE, Clock, PageClient

READY: tuple[Feature, ...] = tuple(replace(feature, is_ready=True) for feature in FEATURES)
REPLIES = "https://www.googleapis.com/auth/gmail.metadata"
SEND = "https://www.googleapis.com/auth/gmail.send"
BOTH = "/connect/google?feature=replies&feature=send"


def make_google(provider: OpenIdProvider, clock: Clock | None = None) -> GoogleProvider:
    """Make Google's connector, all of whose features are ready, on a provider of the tests."""
    return GoogleProvider(CLIENT_ID, CLIENT_SECRET, provider.url, features=READY, **({"clock": clock} if clock else {}))


def go(browser: PageClient, start: str) -> str:
    """Begin at `start`, visit the provider, and return the path and query of the callback."""
    begun = browser.get(start)
    assert begun.status_code == 303, begun.text
    answered = requests.get(begun.headers["Location"], allow_redirects=False, timeout=10)
    assert answered.status_code == 302, answered.text
    assert answered.headers["Location"].startswith(f"{BASE}/connect/")
    parts = urlsplit(answered.headers["Location"])
    return f"{parts.path}?{parts.query}"


def connect(browser: PageClient, start: str) -> TestResponse:
    """Go to the provider and back, and follow the redirect where all went well."""
    response = browser.get(go(browser, start))
    return browser.get(response.headers["Location"]) if response.status_code == 303 else response


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
