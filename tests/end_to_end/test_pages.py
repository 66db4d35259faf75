"""The pages in a real browser: signing in, looking around, news without reloading, a phone, no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select, update

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import Message, User, Workspace
from core.web.services import WebServices
from tests.support.browser import open_browser, overflow, watch_console
from tests.support.pages import make_link
from tests.support.served import Served, serve_pages

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PATHS = ("/activity", "/alerts", "/settings", "/", "/activity?q=nothing-fits", "/nowhere")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, shared by this file."""
    with open_browser() as browser:
        yield browser


@pytest.fixture
def served(
    settings: Settings, ring: KeyRing, engine: Engine, sessions: Sessions, reading_sessions: Sessions, owner: User
) -> Iterator[Served]:
    """The pages of an installation with an owner."""
    services = WebServices(
        settings=settings, keys=ring, engine=engine, sessions=sessions, reading_sessions=reading_sessions
    )
    with serve_pages(services) as served:
        yield served


def enter(page: Page, served: Served, owner: User) -> None:
    """Sign in by link and button, and load the samples."""
    page.goto(served.url + make_link(served.services.sessions, owner, served.services.clock()))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/activity")
    page.get_by_role("button", name="Load sample data").click()
    expect(page.get_by_role("listitem").filter(has_text="Invoice 2026-118")).to_be_visible()


@pytest.fixture
def page(chromium: Browser, served: Served, owner: User) -> Iterator[Page]:
    """A wide window, signed in, with samples."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB", timezone_id="Europe/Berlin")
    page = context.new_page()
    enter(page, served, owner)
    yield page
    context.close()


def test_from_the_sign_in_link_to_a_message_without_an_error(page: Page, served: Served) -> None:
    said = watch_console(page)
    page.goto(f"{served.url}/activity")
    page.get_by_role("link", name="Offer for the new website").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Offer for the new website")
    expect(page.locator("svg.timeline:visible")).to_have_count(1)
    expect(page.get_by_text("Ann Lindqvist opened the message").first).to_be_visible()
    page.get_by_text("Show each of the 4").click()
    expect(page.get_by_text("https://cal.example/book").first).to_be_visible()
    for path in PATHS:
        answer = page.goto(served.url + path)
        assert answer is not None
        assert answer.status == (404 if path == "/nowhere" else 200)
    assert [text for text in said if "404" not in text] == []


def test_search_finds_as_one_types_and_enters(page: Page) -> None:
    page.get_by_role("searchbox").fill("invoice")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message")).to_contain_text("Invoice 2026-118")


def test_times_are_in_the_viewers_zone(page: Page, served: Served) -> None:
    with served.services.sessions() as session:
        sent_at = session.scalars(select(Message.sent_at).where(Message.subject == "Invoice 2026-118")).one()
    assert sent_at is not None
    page.get_by_role("link", name="Invoice 2026-118").click()
    offset = timedelta(hours=1 if sent_at.month in (11, 12, 1, 2) else 2)
    local = sent_at + offset
    expect(page.locator(".event time").last).to_contain_text(f"{local:%H:%M}")
    expect(page.get_by_text("Berlin, Germany").first).to_be_visible()


def test_news_appear_by_themselves_and_keep_focus(page: Page, served: Served, owner: User) -> None:
    page.get_by_role("link", name="Question about parking").focus()
    with served.services.sessions.begin() as session:
        session.execute(update(Message).where(Message.subject == "Question about parking").values(status="read"))
        session.get_one(Workspace, owner.workspace_id).feed_position += 1
    row = page.locator(".message").filter(has_text="Question about parking")
    expect(row).to_contain_text("Read, likely", timeout=4000)
    expect(page.get_by_role("link", name="Question about parking")).to_be_focused()


def test_signing_out_elsewhere_takes_the_open_page_away(page: Page, served: Served, owner: User) -> None:
    from core.accounts.sessions import end_other_sessions

    with served.services.sessions.begin() as session:
        end_other_sessions(session, owner.id, "")
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible(timeout=4000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(chromium: Browser, served: Served, owner: User, scheme: str) -> None:
    dark = scheme == "dark"
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    enter(page, served, owner)
    page.get_by_role("link", name="Project plan").click()
    expect(page.locator("svg.timeline:visible")).to_have_count(1)
    assert overflow(page) <= 0
    for path in PATHS:
        page.goto(served.url + path)
        assert overflow(page) <= 0, path
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(245, 246, 249)") is not dark
    context.close()


def test_everything_but_news_works_without_scripts(chromium: Browser, served: Served, owner: User) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, served, owner)
    page.get_by_role("link", name="Offer for the new website").click()
    expect(page.locator(".event time").first).to_contain_text("UTC")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("E-mail address").fill("new@example.com")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Your address was saved.")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Email tracking that tells the truth")
    context.close()


def test_the_keyboard_alone_reaches_a_message(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/activity")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.message a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/messages/*")


def test_every_control_has_a_name(page: Page, served: Served) -> None:
    for path in ("/activity", "/alerts", "/settings"):
        page.goto(served.url + path)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')]
                .filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.querySelector('img[alt]')))
                .map(e => e.outerHTML)"""
        )
        assert nameless == []
