"""From a hit at the edge to what stands on a page that is open, through the real processes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import open_browser
from tests.support.installation import RunningInstallation

LIMIT_SECONDS = 1.5
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
VISITORS = 8


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, shared by this file."""
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstallation]:
    """A running installation that believes what the proxies of these tests say."""
    made = RunningInstallation(tmp_path_factory.mktemp("live"), MAILERPLEX_TRUSTED_PROXIES="127.0.0.0/8")
    try:
        made.start()
        yield made
    finally:
        made.remove()


def enter(page: Page, installation: RunningInstallation) -> str:
    """Sign in by a printed link; return where the pages are."""
    link = installation.command("signin-link").stdout.decode().strip().split()[-1]
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/activity")
    return f"http://{page.url.split('/')[2]}"


def hit(installation: RunningInstallation, path: str, number: int) -> float:
    """Fetch a pixel as Gmail's proxy; return when it was asked for."""
    began = time.perf_counter()
    headers = {"User-Agent": GMAIL, "X-Forwarded-For": f"66.249.84.{number + 1}"}
    assert installation.get(path, headers)[0] == 200
    return began


def test_a_hit_is_on_an_open_page_in_time(chromium: Browser, installation: RunningInstallation) -> None:
    pixels = installation.register(VISITORS)[::2]
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    activity, feed = context.new_page(), context.new_page()
    url = enter(activity, installation)
    activity.goto(f"{url}/activity")
    feed.goto(f"{url}/feed?machines=1")
    hit(installation, pixels[0], 0)  # wakes all roles
    expect(feed.locator("li.alert")).to_have_count(1, timeout=10_000)
    taken = []
    for number, path in enumerate(pixels[1:], start=1):
        page, rows = (activity, activity.locator(".count")) if number % 2 else (feed, feed.locator("li.alert"))
        page.bring_to_front()
        expect(rows).to_have_count(number, timeout=5_000)
        began = hit(installation, path, number)
        page.wait_for_function(
            "([selector, count]) => document.querySelectorAll(selector).length > count",
            arg=[".count" if number % 2 else "li.alert", number],
            timeout=10_000,
            polling=20,
        )
        taken.append(time.perf_counter() - began)
    context.close()
    print(f"from a hit to the page, in seconds: {', '.join(f'{seconds:.2f}' for seconds in taken)}")
    assert max(taken) <= LIMIT_SECONDS, taken


def test_open_pages_hold_none_of_the_webs_threads(chromium: Browser, installation: RunningInstallation) -> None:
    context = chromium.new_context()
    first = context.new_page()
    url = enter(first, installation)
    pages = [first, *(context.new_page() for _ in range(12))]  # more than there are threads for pages
    for page in pages:
        page.goto(f"{url}/activity")
    for _ in range(10):
        began = time.perf_counter()
        assert installation.get("/healthz")[0] == 200
        assert time.perf_counter() - began < 1
    context.close()


def test_when_the_server_goes_an_open_page_says_so_and_recovers(
    chromium: Browser, installation: RunningInstallation
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    enter(page, installation)
    installation.stop()
    expect(page.get_by_text("No answer from the server")).to_be_visible(timeout=20_000)
    installation.start()
    expect(page.get_by_text("No answer from the server")).to_have_count(0, timeout=20_000)
    context.close()
