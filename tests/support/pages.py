"""A browser of few words for the tests of pages: keeps its cookie, and fills in the form's token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.accounts.signin import create_signin_link
from core.storage.engine import Sessions
from core.storage.models import User
from core.web.services import WebServices

BASE = "http://127.0.0.1:8000"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time that the test set."""
        return self.now


class PageClient:
    """One browser."""

    def __init__(self, app: Flask, base: str = BASE) -> None:
        self.base = base
        self.flask: FlaskClient = app.test_client()

    def get(self, path: str, **options: object) -> TestResponse:
        """Fetch a page."""
        response: TestResponse = self.flask.get(path, base_url=self.base, **options)
        return response

    def post(self, path: str, form: Mapping[str, object] | None = None, **options: object) -> TestResponse:
        """Send a form as it is."""
        response: TestResponse = self.flask.post(path, base_url=self.base, data=dict(form or {}), **options)
        return response

    def submit(self, page: str, path: str, form: Mapping[str, object] | None = None) -> TestResponse:
        """Fetch `page`, and send a form to `path` with the token found there."""
        return self.post(path, {"csrf_token": find_token(self.get(page)), **(form or {})})

    def cookies(self) -> dict[str, str]:
        """Return the cookies that the browser holds."""
        return {cookie.key: cookie.value for cookie in (self.flask._cookies or {}).values()}


def find_token(page: TestResponse) -> str:
    """Return the token of the first form on a page."""
    found = _TOKEN.search(page.text)
    assert found is not None, page.text
    return found[1]


def make_link(sessions: Sessions, user: User, now: datetime) -> str:
    """Make a sign-in link and return its path."""
    with sessions.begin() as session:
        return create_signin_link(session, user, "", now)


def sign_in(app: Flask, services: WebServices, user: User, base: str = BASE) -> PageClient:
    """Return a signed-in browser."""
    client = PageClient(app, base)
    path = make_link(services.sessions, user, services.clock())
    response = client.submit(path, path)
    assert response.status_code == 303, response.text
    return client
