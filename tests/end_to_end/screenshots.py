"""Makes the pictures of the documentation: `python -m tests.end_to_end.screenshots`. Needs Chromium.

Shows the sample messages, on a SQLite database in a temporary folder.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page

from core.accounts.owner import ensure_owner
from core.alerts.rules import create_default_rules
from core.enrich.enricher import Enricher
from core.hits.store import HitStore
from core.keys import load_keys
from core.logs import configure_logging
from core.settings import load_settings
from core.storage import schema
from core.storage.engine import open_engine, open_reading_sessions, open_sessions
from core.web.services import WebServices
from tests.support.browser import open_browser
from tests.support.pages import make_link
from tests.support.served import Served, serve_pages

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"


def main() -> None:
    """Make all pictures."""
    configure_logging("warning", "pictures")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_pages(install(Path(folder))) as served,
        open_browser() as browser,
    ):
        state = None
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 1120, "height": 860},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="en-GB",
                storage_state=state,
            )
            page = context.new_page()
            if state is None:
                enter(page, served)
                state = context.storage_state()
            _take_all(page, served, "" if scheme == "light" else "-dark")
            context.close()


def install(folder: Path) -> WebServices:
    """Make an installation in a folder, with all that its pages need."""
    settings = load_settings({}, data_dir=folder)
    engine = open_engine(settings.database_url)
    schema.upgrade(engine)
    ring, sessions = load_keys(settings), open_sessions(engine)
    enricher = Enricher(folder)
    store = HitStore(sessions, enricher.describe, ring, lambda *_: [])
    return WebServices(
        settings=settings,
        keys=ring,
        engine=engine,
        sessions=sessions,
        reading_sessions=open_reading_sessions(engine),
        rejudge=store.rejudge,
    )


def enter(page: Page, served: Served) -> None:
    """Sign in as its owner, and load the samples."""
    now = datetime.now(UTC)
    with served.services.sessions.begin() as session:
        owner = ensure_owner(session, now, create_default_rules)
        owner.email = "olga@example.com"
    page.goto(served.url + make_link(served.services.sessions, owner, now))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Load sample data").click()
    page.wait_for_selector(".message")


def _take_all(page: Page, served: Served, suffix: str) -> None:
    page.goto(f"{served.url}/activity")
    _take(page, f"activity{suffix}.png")
    page.goto(f"{served.url}/feed")
    _take(page, f"feed{suffix}.png")
    page.goto(f"{served.url}/people/ann@northwind.example")
    _take(page, f"person{suffix}.png")
    page.goto(f"{served.url}/activity")
    page.get_by_role("link", name="Offer for the new website").click()
    page.wait_for_selector(".events")
    _take(page, f"message{suffix}.png")


def _take(page: Page, name: str) -> None:
    path = FOLDER / name
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)  # for the script to write times in the viewer's words; what stands open never idles
    page.screenshot(path=path)
    print(f"{path}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
