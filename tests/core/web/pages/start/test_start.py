"""The start page: the checklist, pasted credentials, and the test begun from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.gmail.oauth import GoogleProvider
from core.accounts.install.installer import Installer
from core.accounts.providers.credentials import ClientCredentials
from core.accounts.providers.registry import ProviderRegistry
from core.errors import UnavailableError
from core.keys import KeyRing
from core.storage.engine import Sessions
from core.storage.models import AuditEntry, Message, ProviderCredential, User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in
from tests.support.people import add_colleague

REDIRECT = "http://127.0.0.1:8000/connect/google/callback"
CLIENT_ID = "123-abc.apps.googleusercontent.com"
WEB = {
    "client_id": CLIENT_ID,
    "client_secret": "GOCSPX-secret-of-google",
    "redirect_uris": [REDIRECT],
}


class Queue:
    """Takes self-tests, or cannot."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []
        self.is_down = False

    def __call__(self, user_id: str, run_id: str) -> None:
        if self.is_down:
            raise UnavailableError("Redis does not answer.")
        self.runs.append((user_id, run_id))


@pytest.fixture
def queue() -> Queue:
    """What was queued."""
    return Queue()


@pytest.fixture
def environment() -> dict[str, ClientCredentials]:
    """What the environment sets."""
    return {}


@pytest.fixture
def services(
    services: WebServices, ring: KeyRing, queue: Queue, environment: Mapping[str, ClientCredentials]
) -> WebServices:
    """The pages with a registry and a queue."""
    builders: dict[str, Any] = {
        name: lambda found: GoogleProvider(found.client_id, found.client_secret, "https://accounts.google.com")
        for name in ("google", "microsoft")
    }
    registry = ProviderRegistry(builders, environment, services.reading_sessions, lambda: ring)
    url = services.settings.public_url
    installer = Installer(registry, services.sessions, lambda: ring, url, services.clock)
    return replace(services, installer=installer, registry=registry, queue_self_test=queue)


def paste(browser: PageClient, **form: str) -> Any:
    """Paste Google's credentials."""
    return browser.submit("/start", "/start/credentials/google", form)


def test_the_page_says_what_is_done_and_what_comes_next(browser: PageClient) -> None:
    page = browser.get("/start").text
    assert "1 of 4 steps done" in page
    assert "mailerplex up --tunnel" in page
    assert REDIRECT in page
    assert "geoip update" in page


def test_a_pasted_file_is_sealed_and_works_at_once(
    browser: PageClient, stranger: PageClient, services: WebServices
) -> None:
    assert browser.get("/connect/google").status_code == 404
    answer = paste(browser, client_file=json.dumps({"web": WEB}))
    assert answer.headers["Location"] == "/start?done=google#credentials"
    with services.sessions() as session:
        row = session.scalars(select(ProviderCredential)).one()
        assert b"GOCSPX" not in row.client_secret
        assert any("google" in (entry.detail or "") for entry in session.scalars(select(AuditEntry)))
    page = browser.get("/start?done=google").text
    assert CLIENT_ID in page
    assert "GOCSPX" not in page
    assert "Sign in with Google" in stranger.get("/").text
    browser.submit("/start", "/start/credentials/google/remove")
    assert "Sign in with Google" not in stranger.get("/").text


def test_a_file_whose_console_lacks_our_redirect_uri_is_taken_with_a_warning(browser: PageClient) -> None:
    answer = paste(browser, client_file=json.dumps({"web": {**WEB, "redirect_uris": []}}))
    page = browser.get(answer.headers["Location"]).text
    assert "The pasted file does not list" in page
    assert "redirect_uri_mismatch" in page


@pytest.mark.parametrize("text", ['{"installed": {}}', "{", "<script>alert(1)</script>"])
def test_a_wrong_file_is_refused_in_its_place_and_never_shown_again(browser: PageClient, text: str) -> None:
    answer = paste(browser, client_file=text)
    assert answer.status_code == 400
    assert "field-error" in answer.text
    assert "<script>alert" not in answer.text


def test_microsofts_three_values_are_taken(browser: PageClient, services: WebServices) -> None:
    form = {
        "client_id": "11111111-2222-4333-8444-555555555555",
        "client_secret": "value-of-entra",
        "tenant": "Contoso.com",
    }
    assert browser.submit("/start", "/start/credentials/microsoft", form).status_code == 303
    assert services.registry is not None
    assert services.registry.credentials()["microsoft"].tenant == "contoso.com"


@pytest.mark.parametrize("environment", [{"google": ClientCredentials("own-client", "own-secret")}])
def test_what_the_environment_sets_cannot_be_pasted_over(browser: PageClient) -> None:
    page = browser.get("/start").text
    assert "Set by the environment" in page
    assert "own-secret" not in page
    assert paste(browser, client_file=json.dumps({"web": WEB})).status_code == 409


def test_members_neither_see_nor_change_credentials(
    app: Flask, services: WebServices, sessions: Sessions, owner: User
) -> None:
    with sessions.begin() as session:
        member = add_colleague(session, owner)
    client = sign_in(app, services, member)
    assert "Credentials of providers" not in client.get("/start").text
    for path in ("/start/credentials/google", "/start/credentials/google/remove"):
        assert client.submit("/start", path, {"client_file": json.dumps({"web": WEB})}).status_code == 403


def test_a_provider_that_nobody_knows_is_not_there(browser: PageClient) -> None:
    assert browser.submit("/start", "/start/credentials/nobody").status_code == 404


def test_the_test_is_begun_shown_live_and_removed(browser: PageClient, services: WebServices, queue: Queue) -> None:
    page = browser.get("/start")
    assert browser.get("/start", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert browser.submit("/start", "/start/test").headers["Location"] == "/start#test"
    assert len(queue.runs) == 1
    shown = browser.get("/start", headers={"If-None-Match": page.headers["ETag"]})
    assert "The test is under way." in shown.text
    assert "Sample" not in browser.get("/activity").text or "sample messages" not in browser.get("/activity").text
    browser.submit("/start", "/start/test/remove")
    assert "Send the test message" in browser.get("/start").text
    with services.sessions() as session:
        assert session.scalars(select(Message)).all() == []


def test_a_test_that_cannot_be_queued_leaves_nothing_behind(
    browser: PageClient, services: WebServices, queue: Queue
) -> None:
    queue.is_down = True
    answer = browser.submit("/start", "/start/test")
    assert "Redis does not answer" in browser.get(answer.headers["Location"]).text
    with services.sessions() as session:
        assert session.scalars(select(Message)).all() == []


def test_a_tunnels_address_is_said_to_be_temporary(services: WebServices, owner: User) -> None:
    url = "https://calm-river.trycloudflare.com"
    settings = replace(services.settings, tracking_url=url, has_temporary_url=True)
    own = replace(services, settings=settings)
    page = sign_in(create_app(own), own, owner).get("/start").text
    assert f"{url} is a tunnel" in page.replace("&#39;", "'")


def test_the_address_is_saved_from_here_and_a_wrong_one_is_said_in_its_place(browser: PageClient) -> None:
    assert browser.submit("/start", "/start/email", {"email": "new@example.com"}).status_code == 303
    assert "new@example.com" in browser.get("/start").text
    wrong = browser.submit("/start", "/start/email", {"email": "nobody"})
    assert wrong.status_code == 400
    assert "is not an e-mail address" in wrong.text


def test_only_owners_type_an_address_of_their_own(
    app: Flask, services: WebServices, sessions: Sessions, owner: User
) -> None:
    with sessions.begin() as session:
        member = add_colleague(session, owner)
    client = sign_in(app, services, member)
    assert 'action="/start/email"' not in client.get("/start").text
    refused = client.submit("/start", "/start/email", {"email": "sat-upon@example.com"})
    assert refused.status_code == 400
    with sessions() as session:
        assert session.get_one(User, member.id).email == "colleague@example.com"


@pytest.mark.parametrize("topic", ["google", "microsoft", "slack", "connecting", "tracking", "operations"])
def test_guides_carry_this_installations_addresses(browser: PageClient, topic: str) -> None:
    page = browser.get(f"/help/{topic}")
    assert page.status_code == 200
    assert "&lt;public URL&gt;" not in page.text
    if topic in ("google", "microsoft", "slack"):
        assert f"http://127.0.0.1:8000/connect/{topic}/callback" in page.text


def test_other_guides_are_not_there(browser: PageClient) -> None:
    for path in ("/help/architecture", "/help/..%2fREADME", "/help/google.md"):
        assert browser.get(path).status_code == 404
