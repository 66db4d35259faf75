"""Every page is ready for translation: in a language made up of marked texts, no English is left outside the marks."""

from __future__ import annotations

import gettext as catalogues
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy import select

from core.storage.models import Message, Recipient, User
from core.web import translation
from core.web.services import WebServices
from core.web.translation import FOLDER, PAGES
from tests.support.pages import PageClient
from tests.support.team import add_member

PATHS = (
    "/start",
    "/activity",
    "/feed",
    "/alerts",
    "/insights",
    "/settings",
    "/settings/tracking",
    "/settings/people",
    "/settings/people/leave",
    "/settings/security",
    "/settings/tokens",
    "/settings/audit",
)
_SPOKEN = ("aria-label", "title", "placeholder", "alt")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "rect", "use"})
# What is no text of ours: code, times (a script writes them), zones, and what people typed.
_SILENT = frozenset({"code", "pre", "script", "style", "time", "hidden", "optgroup"})
_NAMES = re.compile(
    r"MailerPlex|Google|Microsoft|UTC|Olga Owner|IP Geolocation by DB-IP|\S+@\S+|https?://\S+|\b[A-Z_]+_URL\b"
)
# What the sample data puts into tables: programs, domains, towns, countries.
_SAMPLES = re.compile(
    r"Gmail|Chrome|Outlook|Fastmail|Safari|Thunderbird|Firefox|Yahoo Mail|Apple Mail|Slack link preview|iPhone"
    r"|\S+\.example|Berlin|Toronto, Ontario|Toronto|Lyon, Auvergne-Rhône-Alpes|Lyon|Lisbon, Lisboa|Lisbon|\b[A-Z]{2}\b"
)
_EXAMPLES = frozenset({"you@example.com", "teammate@example.com", "example.com", "common"})


class Marked(catalogues.NullTranslations):
    """Puts each text that the committed template holds into brackets; others stay bare, and are found."""

    def __init__(self) -> None:
        super().__init__()
        with (FOLDER / f"{PAGES}.pot").open("rb") as file:
            ids = [message.id for message in read_po(file) if message.id]
        self._known = {text for found in ids for text in ((found,) if isinstance(found, str) else found)}

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@dataclass
class Reader(HTMLParser):
    """Collects what a page says outside brackets."""

    open_tags: list[str] = field(default_factory=list)
    depth: int = 0
    bare: list[str] = field(default_factory=list)
    typed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open_tags.append("hidden" if ("aria-hidden", "true") in attrs else tag)
        if "body" not in self.open_tags or _SILENT.intersection(self.open_tags):
            return
        for name, value in attrs:
            if name in _SPOKEN and value and value not in _EXAMPLES:
                self.look(re.sub(r"⟦.*⟧", "", value), f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self.open_tags:
            self.open_tags.pop()

    def handle_data(self, data: str) -> None:
        outside = ""
        for character in data:
            self.depth += {"⟦": 1, "⟧": -1}.get(character, 0)
            if not self.depth and character != "⟧":
                outside += character
        if {"body", "title"}.intersection(self.open_tags) and not _SILENT.intersection(self.open_tags):
            self.look(outside, self.open_tags[-1])

    def look(self, text: str, where: str) -> None:
        """Note what has letters and is nobody's name."""
        said = text.removesuffix(" · MailerPlex").strip()
        # A picture cuts names to the room it has.
        if said in self.typed or (said.endswith("…") and any(name.startswith(said[:-1]) for name in self.typed)):
            return
        if re.search(r"[^\W\d_]", _SAMPLES.sub("", _NAMES.sub("", text))):
            self.bare.append(f"{where}: {text.strip()}")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all pages speak the language of brackets."""
    catalogue = Marked()
    monkeypatch.setattr(translation, "load_catalogue", lambda language, domain=PAGES: catalogue)


def list_bare(page: str, typed: frozenset[str] = frozenset()) -> list[str]:
    """List what a page says outside brackets, but for subjects and names that somebody `typed`."""
    reader = Reader(typed=typed)
    reader.feed(page)
    assert "⟦" in page
    assert reader.depth == 0, "a text was cut"
    return reader.bare


def list_typed(services: WebServices) -> frozenset[str]:
    """List the subjects of all messages and the names of all recipients."""
    with services.sessions() as session:
        found = (*session.scalars(select(Message.subject)), *session.scalars(select(Recipient.name)))
    return frozenset(filter(None, found))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("marked")
def test_every_text_of_a_page_can_be_translated(browser: PageClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert list_bare(answer.text) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("marked")
def test_so_can_pages_with_something_on_them(
    browser: PageClient, services: WebServices, app: Flask, owner: User
) -> None:
    member = add_member(app, services, owner.workspace_id, "nina@example.com")
    assert browser.submit("/settings", "/samples", {}).status_code == 303
    added = browser.submit("/settings/tracking", "/settings/tracking/own/add", {"pattern": "example.org"})
    assert added.status_code == 303
    made = browser.submit(
        "/settings/tokens",
        "/settings/tokens",
        {"name": "reports@home", "scope": "messages:read", "lifetime": "30"},
    )
    invited = browser.submit(
        "/settings/people", "/settings/people/invitations", {"email": "new@example.com", "role": "admin"}
    )
    assert list_bare(made.text) == []
    assert list_bare(invited.text) == []
    typed = list_typed(services)
    for path in (
        "/activity",
        "/activity?q=zzz&since=never",
        "/feed",
        "/feed?machines=1",
        "/alerts",
        "/insights",
        "/settings/tracking?done=added",
        "/settings/people",
        f"/settings/people/{member.user.id}",
    ):
        assert list_bare(browser.get(path).text, typed) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("marked")
def test_so_can_what_strangers_see_and_what_went_wrong(browser: PageClient, stranger: PageClient) -> None:
    assert list_bare(stranger.get("/signin/wrong").text) == []
    assert list_bare(stranger.get("/join/wrong").text) == []
    assert list_bare(stranger.get("/activity").text) == []
    tokens = browser.submit("/settings/tokens", "/settings/tokens", {"name": "", "scope": "messages:read"})
    assert tokens.status_code == 400
    people = browser.submit(
        "/settings/people", "/settings/people/invitations", {"email": "nina@example.com", "role": "member"}
    )
    assert list_bare(people.text) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_people_typed_stays_text_within_translated_sentences(
    browser: PageClient, services: WebServices, app: Flask, owner: User
) -> None:
    name = "<b>bold</b> 100%s %(name)s"
    browser.submit("/settings/tokens", "/settings/tokens", {"name": name, "scope": "messages:read", "lifetime": "30"})
    member = add_member(app, services, owner.workspace_id, "nina@example.com")
    with services.sessions.begin() as session:
        session.get_one(User, member.user.id).name = name
    browser.submit("/settings", "/samples", {})
    with services.sessions.begin() as session:
        message = session.scalars(select(Message).where(Message.sent_at.is_not(None)).limit(1)).one()
        message.subject = name
        recipient = session.scalars(select(Recipient).where(Recipient.message_id == message.id).limit(1)).one()
        recipient.name = name
    for path in (
        "/settings/tokens",
        "/settings/people",
        f"/settings/people/{member.user.id}",
        "/activity",
        "/feed?machines=1",
        f"/messages/{message.id}",
        f"/messages/{message.id}/delete",
        f"/people/{recipient.address}",
    ):
        page = browser.get(path).text
        assert "<b>bold" not in page
        assert "&lt;b&gt;bold&lt;/b&gt; 100%s %(name)s" in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("marked")
def test_so_can_the_pages_of_messages_and_of_people_written_to(browser: PageClient, services: WebServices) -> None:
    browser.submit("/settings", "/samples", {})
    typed = list_typed(services)
    with services.sessions() as session:
        messages = session.scalars(select(Message.id)).all()
        addresses = session.scalars(select(Recipient.address).distinct()).all()
    assert messages
    assert addresses
    for message in messages:
        assert list_bare(browser.get(f"/messages/{message}?done=me").text, typed) == []
    for path in (f"/messages/{messages[0]}/delete", f"/messages/{messages[0]}?before=wrong"):
        assert list_bare(browser.get(path).text, typed) == []
    for address in addresses:
        assert list_bare(browser.get(f"/people/{address}").text, typed) == []
    assert list_bare(browser.get(f"/people/{addresses[0]}/erase").text, typed) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/nowhere", "/people/nobody@example.com"])
@pytest.mark.usefixtures("marked")
def test_so_can_what_is_said_of_pages_that_are_not_there(browser: PageClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert list_bare(answer.text) == []
