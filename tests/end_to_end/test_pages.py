"""The pages in a real browser: signing in, looking around, news without reloading, a phone, no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select, update

from core.enrich.enricher import Enricher
from core.hits.store import HitStore
from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.identifiers import create_id
from core.storage.models import Event, Message, User, Workspace
from core.timeline import activity
from core.web.pages import activity as activity_page
from core.web.services import WebServices
from tests.support.browser import open_browser, overflow, watch_console
from tests.support.pages import make_link
from tests.support.served import Served, serve_pages

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PATHS = (
    "/activity",
    "/feed",
    "/feed?machines=1",
    "/people/ann@northwind.example",
    "/alerts",
    "/settings",
    "/",
    "/activity?q=nothing-fits",
    "/nowhere",
)


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
    store = HitStore(sessions, Enricher(settings.data_dir).describe, ring, lambda *_: [])
    services = WebServices(
        settings=settings,
        keys=ring,
        engine=engine,
        sessions=sessions,
        reading_sessions=reading_sessions,
        rejudge=store.rejudge,
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
    expect(row).to_contain_text("Read by the recipient, likely", timeout=4000)
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
    page.get_by_text("Not so?").first.click()
    page.get_by_role("button", name="It was me").first.click()
    expect(page.get_by_text("Noted: that was you.")).to_be_visible()
    page.get_by_role("button", name="Take the correction back").click()
    expect(page.get_by_text("Your correction was taken back.")).to_be_visible()
    page.locator(".person-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ann Lindqvist")
    page.get_by_role("link", name="Feed").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    page.get_by_text("Filters").click()
    page.get_by_label("Person").fill("ben.okafor@meridian.example")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="Invoice 2026-118")).to_be_visible()
    expect(page.get_by_role("link", name="Lunch on Thursday")).to_have_count(0)
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
    for path in ("/activity", "/feed", "/people/ann@northwind.example", "/alerts", "/settings"):
        page.goto(served.url + path)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')]
                .filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.querySelector('img[alt]')))
                .map(e => e.outerHTML)"""
        )
        assert nameless == []


def test_a_correction_changes_what_is_told_and_can_be_taken_back(page: Page) -> None:
    page.get_by_role("link", name="Happy birthday!").click()
    event = page.locator(".event").first
    expect(event).to_contain_text("Felix Brandt opened the message")
    event.get_by_text("Not so?").click()
    event.get_by_role("button", name="A machine").click()
    expect(page.get_by_text("Noted: that was a machine.")).to_be_visible()
    expect(page.locator(".event").first).to_contain_text("A scanner opened the message")
    page.get_by_role("button", name="Take the correction back").first.click()
    expect(page.locator(".event").first).to_contain_text("Felix Brandt opened the message")


def test_hours_of_the_day_are_the_viewers(chromium: Browser, served: Served, owner: User) -> None:
    context = chromium.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    enter(page, served, owner)
    page.goto(f"{served.url}/people/ann@northwind.example")
    counts = [int(count) for count in (page.get_attribute("[data-hours]", "data-hours") or "").split(",")]
    heights = page.eval_on_selector_all(".bar", "bars => bars.map(bar => Number(bar.getAttribute('height')))")
    assert [height > 0 for height in heights] == [counts[(hour - 9) % 24] > 0 for hour in range(24)]
    expect(page.get_by_text("Hours in your time zone")).to_be_visible()
    context.close()


def test_a_search_that_was_cut_short_goes_on_by_itself(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "_STRETCH_OF_TEXT", 2)
    monkeypatch.setattr(activity_page, "_PATIENCE_SECONDS", 0.0)
    page.get_by_role("searchbox").fill("birthday")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("link", name="Happy birthday!")).to_be_visible()
    expect(page.get_by_text("Nothing found yet")).to_have_count(0)
    page.get_by_role("searchbox").fill("nothing-fits")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", name="No message fits")).to_be_visible()


NOTIFICATION = """
    window.Notification = class extends EventTarget {
        constructor(title, options) {
            super();
            const told = JSON.parse(localStorage.getItem("told") ?? "[]");
            localStorage.setItem("told", JSON.stringify([...told, [title, options.body, options.tag]]));
        }
        static permission = "granted";
        static async requestPermission() { return "granted"; }
        close() {}
    };
"""


def test_of_people_one_tab_tells_once_and_of_machines_none(page: Page, served: Served, owner: User) -> None:
    context = page.context
    context.add_init_script(NOTIFICATION)
    tabs = [page, context.new_page()]
    for tab in tabs:
        tab.goto(f"{served.url}/feed?machines=1")
    tabs[1].get_by_role("button", name="Notify me here").click()
    for tab in tabs:  # the other tab hears of the choice
        expect(tab.get_by_role("button", name="Notifications on")).to_be_visible()
    now = served.services.clock()
    with served.services.sessions.begin() as session:
        events = [session.scalars(select(Event).where(Event.verdict == name)).first() for name in ("human", "scanner")]
        workspace = session.get_one(Workspace, owner.workspace_id)
        for event in filter(None, events):
            workspace.feed_position += 1
            copy = {column.key: getattr(event, column.key) for column in Event.__table__.columns}
            session.add(Event(**(copy | {"id": create_id(), "at": now, "feed_position": workspace.feed_position})))
    for tab in tabs:
        expect(tab.locator("li.fresh")).to_have_count(2, timeout=6000)
    told = page.evaluate("JSON.parse(localStorage.getItem('told') ?? '[]')")
    assert len(told) == 1
    assert "opened" in told[0][0] or "followed" in told[0][0]
    tabs[0].reload()
    expect(tabs[0].get_by_role("button", name="Notifications on")).to_be_visible()
    tabs[1].close()
