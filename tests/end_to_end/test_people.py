"""People in a real browser: invited, joined, shown on a phone, and removed, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import User
from core.web.services import WebServices
from tests.support.browser import open_browser, overflow, watch_console
from tests.support.pages import make_link
from tests.support.served import Served, serve_pages
from tests.support.team import add_person, post_message

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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


def enter(page: Page, served: Served, user: User) -> None:
    """Sign in by link and button."""
    page.goto(served.url + make_link(served.services.sessions, user, served.services.clock()))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/start")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_teammate_is_invited_joins_sees_what_is_shared_and_is_removed(
    chromium: Browser, served: Served, owner: User, scripts: bool
) -> None:
    ours, theirs = (chromium.new_context(java_script_enabled=scripts) for _ in range(2))
    page, other = ours.new_page(), theirs.new_page()
    said = watch_console(page) + watch_console(other)
    enter(page, served, owner)
    post_message(served.services, owner, subject="For all of us", is_shared=True)
    post_message(served.services, owner, subject="For me alone")
    page.goto(f"{served.url}/settings/people")
    page.get_by_label("E-mail address").fill("nina@example.com")
    page.get_by_role("button", name="Make an invitation link").click()
    path = page.locator("pre.command").inner_text().strip().partition("/join/")[2]
    other.goto(f"{served.url}/join/{path}")
    other.get_by_role("button", name="Join").click()
    other.wait_for_url("**/start")
    other.goto(f"{served.url}/activity")
    expect(other.get_by_text("For all of us")).to_be_visible()
    expect(other.get_by_text("For me alone")).to_have_count(0)
    other.goto(f"{served.url}/settings/people")  # a page that does not follow what happens, and so stays
    page.goto(f"{served.url}/settings/people")
    page.get_by_role("link", name="Manage nina@example.com").click()
    page.get_by_label("They are deleted", exact=False).check()
    page.get_by_role("button", name="Remove this person").click()
    expect(page.get_by_role("status")).to_contain_text("The person was removed")
    other.goto(f"{served.url}/activity")
    expect(other.get_by_role("heading", name="Please sign in")).to_be_visible()
    assert [text for text in said if "401" not in text] == []
    ours.close()
    theirs.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_people_fit_a_phone(chromium: Browser, served: Served, owner: User, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]  # a literal
    page = context.new_page()
    now = served.services.clock()
    long = f"{'long-name-' * 5}x@{'subsidiary.' * 8}example.com"
    person = add_person(served.services.sessions, owner.workspace_id, long, "member", now)
    enter(page, served, owner)
    for path in ("/settings/people", f"/settings/people/{person.id}", "/settings/people/leave", "/join/gone"):
        page.goto(served.url + path)
        assert overflow(page) <= 0, path
    context.close()
