"""What is done on the pages and by the API is written down, and nothing that fails is."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.storage.engine import Sessions
from core.storage.models import AuditEntry, User
from core.web.services import WebServices
from tests.support.api import ApiClient, create_client
from tests.support.pages import PageClient


def read(sessions: Sessions) -> list[tuple[str, str | None]]:
    with sessions() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)).all()
    return [(entry.action, entry.detail) for entry in entries]


def test_coming_going_and_changes_are_written_down(browser: PageClient, services: WebServices) -> None:
    assert read(services.sessions) == [("signin", "one-time link")]
    browser.submit("/settings", "/settings/email", {"email": "new@example.com"})
    browser.submit("/settings", "/settings/email", {"email": "no address"})
    browser.submit("/settings", "/settings/alerts", {"alert": ["first_open:app"]})
    browser.submit("/settings", "/settings/security/others")
    browser.submit("/settings", "/signout")
    found = read(services.sessions)[1:]
    assert sorted(found, key=str) == [
        ("sessions.ended", "all others"),
        ("settings.changed", "address"),
        ("settings.changed", "alerts"),
        ("signout", None),
    ]


@pytest.fixture
def api(services: WebServices, owner: User) -> ApiClient:
    """The API with a token of the owner."""
    return create_client(services.settings, services.sessions, services.reading_sessions, services.keys, owner)


def test_looking_at_a_recipient_and_erasing_one_by_the_api_is_written_down(
    api: ApiClient, services: WebServices
) -> None:
    api.register()
    assert api.get("/recipients/nobody@example.com").status_code == 404
    assert read(services.sessions) == []
    for _ in range(3):
        assert api.get("/recipients/ann@example.com").status_code == 200
    assert read(services.sessions) == [("recipient.viewed", None)]
    looks = api.get("/recipients/ann@example.com").json["looks"]
    assert [look["action"] for look in looks] == ["recipient.viewed"]
    assert api.call("DELETE", "/recipients/ann@example.com").status_code == 200
    assert ("erasure", "by the API") in read(services.sessions)
    with services.sessions() as session:
        assert [entry.address for entry in session.scalars(select(AuditEntry))] == [None, None]
