"""Every page by axe-core (WCAG 2.2 A and AA, and best practices), in light and dark: no violation.

A new page is a new line in PAGES; `{message}`, `{empty}` and `{person}` stand for addresses of the samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.end_to_end.screenshots import enter, install
from tests.support.browser import open_browser, overflow, watch_console
from tests.support.served import Served, serve_pages

PAGES = (
    "/",
    "/nowhere",
    "/activity",
    "/activity?q=nothing-fits",
    "/activity?person=ann@northwind.example&period=week",
    "/activity?status=made-up&cursor=x",
    "/feed",
    "/feed?machines=1",
    "/feed?cursor=x",
    "{message}",
    "{message}?done=me",
    "{message}/delete",
    "{shared}",
    "{person}",
    "{person}/erase",
    "/insights",
    "/alerts",
    "/start",
    "/help/google",
    "/help/microsoft",
    "/help/slack",
    "/settings",
    "/settings/tracking",
    "/settings/connections",
    "/settings/people",
    "/settings/people/leave",
    "/settings/security",
    "/settings/tokens",
    "/settings/audit",
)
PUBLIC = ("/", "/activity")
_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(frozen=True)
class Place:
    """Where the samples are served, the browser, and where their pages lie."""

    served: Served
    browser: Browser
    state: dict[str, object]
    paths: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The samples, served to a signed-in browser."""
    folder: Path = tmp_path_factory.mktemp("pages")
    with serve_pages(install(folder)) as served, open_browser() as browser:
        context = browser.new_context()
        page = context.new_page()
        enter(page, served)
        paths = {
            "message": href(page, "Offer for the new website"),
            "shared": href(page, "Kick-off on Monday: agenda and dial-in"),
            "person": "/people/ann@northwind.example",
        }
        state: dict[str, object] = dict(context.storage_state())
        context.close()
        yield Place(served, browser, state, paths)


def href(page: Page, name: str) -> str:
    """Return where a link leads."""
    found = page.get_by_role("link", name=name).get_attribute("href")
    assert found is not None
    return found


def open_context(place: Place, scheme: str, width: int, *, signed_in: bool = True) -> BrowserContext:
    return place.browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        storage_state=place.state if signed_in else None,  # type: ignore[arg-type]  # as it was given
    )


def check(page: Page, url: str) -> None:
    """Open a page, all its parts unfolded, and have axe judge it."""
    said = watch_console(page)
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    found = Axe().run(page, options=_OPTIONS)
    assert found.violations_count == 0, found.generate_report()
    assert [text for text in said if "Failed to load resource" not in text] == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_keeps_anybody_out(place: Place, path: str, scheme: str) -> None:
    context = open_context(place, scheme, 1280 if scheme == "light" else 360)
    check(context.new_page(), place.served.url + path.format(**place.paths))
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PUBLIC)
def test_nor_does_a_page_for_those_who_are_not_signed_in(place: Place, path: str, scheme: str) -> None:
    context = open_context(place, scheme, 360 if scheme == "light" else 1280, signed_in=False)
    check(context.new_page(), place.served.url + path)
    context.close()


def test_axe_does_find_what_is_wrong(place: Place) -> None:
    context = open_context(place, "light", 1280, signed_in=False)
    page = context.new_page()
    page.goto(place.served.url)
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert Axe().run(page, options=_OPTIONS).violations_count > 0
    context.close()
