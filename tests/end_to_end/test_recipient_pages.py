"""The recipients' pages in a real browser with scripts blocked: every language, a phone, stopping and erasing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, select

from core.keys import KeyRing
from core.links import build_page_url
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.register import register_message
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import Copy, User
from core.tokens import TokenSigner
from core.web.recipients.blueprint import create_recipient_blueprint
from core.web.recipients.later import Later
from core.web.services import WebServices
from core.web.translation import LANGUAGES
from tests.core.web.recipients.conftest import ANN, make_services
from tests.support.api import add_event
from tests.support.browser import open_browser, overflow, watch_console
from tests.support.served import Served, serve_pages

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Mailed = list[tuple[str, str, str, str]]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, shared by this file."""
    with open_browser() as browser:
        yield browser


@pytest.fixture
def mailed() -> Mailed:
    """The links that were mailed."""
    return []


@pytest.fixture
def later() -> Later:
    """What works after the answer."""
    return Later()


@pytest.fixture
def served(
    settings: Settings,
    ring: KeyRing,
    engine: Engine,
    sessions: Sessions,
    reading_sessions: Sessions,
    mailed: Mailed,
    later: Later,
) -> Iterator[Served]:
    """The pages of an installation with its recipients' pages."""
    named = replace(settings, operator_name="Example GmbH", privacy_email="privacy@example.com")
    web = WebServices(settings=named, keys=ring, engine=engine, sessions=sessions, reading_sessions=reading_sessions)
    blueprint = create_recipient_blueprint(make_services(web, ring, mailed, later))
    with serve_pages(replace(web, blueprints=(blueprint,))) as served:
        yield served


def send(served: Served, ring: KeyRing, owner: User, *addresses: str) -> str:
    """Track a message that was read once, and return its page's address."""
    draft = MessageDraft(
        subject="Offer for the new website, with all that we talked about last Thursday",
        sender="olga.with.a.rather.long.name@subsidiary.example.com",
        recipients=tuple(DraftRecipient(address, None) for address in addresses),
        links=("https://offers.example/" + "very-long-" * 12,),
    )
    with served.services.sessions.begin() as session:
        registered = register_message(
            session, TokenSigner(ring), "https://t.example", owner, draft, served.services.clock()
        )
        copy_id = session.scalars(select(Copy.id).where(Copy.message_id == registered.message_id)).one()
    add_event(served.services.sessions, registered.message_id)
    return build_page_url(served.url, TokenSigner(ring), copy_id)


def find_path(mailed: Mailed) -> str:
    """Return the path of the link that was mailed."""
    parts = urlsplit(mailed[0][1])
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fits_a_phone(
    chromium: Browser, served: Served, ring: KeyRing, owner: User, mailed: Mailed, later: Later, language: str
) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=False, locale=language, color_scheme="dark"
    )
    page = context.new_page()
    said = watch_console(page)
    address = send(served, ring, owner, ANN)
    shared = send(served, ring, owner, ANN, "bob@example.com")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.locator("#address").fill(ANN)
    page.locator("form.inline-form button").click()
    expect(page.get_by_role("status")).to_be_visible()
    later.wait()
    link = served.url + find_path(mailed)
    for path in (address, shared, link, f"{served.url}/p/forged"):
        page.goto(path)
        assert overflow(page) <= 0, path
        expect(page.locator("html")).to_have_attribute("lang", language)
    page.goto(address)
    page.locator("button.primary").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert page.locator("button.primary").count() == 0
    page.locator("button.danger").click()
    expect(page.locator(".card.narrow h1")).to_be_visible()
    assert overflow(page) <= 0
    assert context.cookies() == []
    assert [text for text in said if "404" not in text] == []
    context.close()


def test_a_person_changes_the_language_and_erases_everything(
    chromium: Browser, served: Served, ring: KeyRing, owner: User, mailed: Mailed, later: Later
) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(send(served, ring, owner, ANN))
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Diese E-Mail meldet ihrem Absender, wenn sie gelesen wird"
    )
    page.get_by_label("Ihre E-Mail-Adresse").fill(ANN)
    page.get_by_role("button", name="Link zusenden").click()
    expect(page.get_by_role("status")).to_contain_text("Falls diese Nachricht an die Adresse ging")
    later.wait()
    page.goto(served.url + find_path(mailed))
    expect(page.get_by_role("heading", level=1)).to_have_text("Was über Sie gespeichert ist")
    page.get_by_role("button", name="Alles löschen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Über Sie ist nichts mehr gespeichert")
    context.close()
