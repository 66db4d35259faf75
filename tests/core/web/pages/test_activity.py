from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.samples.loading import load_samples
from core.signal.evidence import Verdict
from core.storage.identifiers import create_id
from core.storage.models import AuditEntry, Event, Message, Recipient, User, Workspace
from core.web.services import WebServices
from tests.support.pages import PageClient

# What has nothing to do with the kind of database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def loaded(browser: PageClient) -> PageClient:
    """A browser whose workspace holds the samples."""
    assert browser.submit("/activity", "/samples").status_code == 303
    return browser


def find_message(services: WebServices, subject: str) -> Message:
    with services.sessions() as session:
        return session.scalars(select(Message).where(Message.subject == subject)).one()


def add_messages(services: WebServices, owner: User, count: int) -> None:
    now = services.clock()
    with services.sessions.begin() as session:
        session.add_all(
            Message(
                workspace_id=owner.workspace_id,
                user_id=owner.id,
                subject=f"Letter {number}",
                sender=owner.email,
                mode="shared",
                status="sent",
                sent_at=now - timedelta(minutes=number),
                created_at=now,
            )
            for number in range(count)
        )


@ON_SQLITE
def test_an_empty_list_says_what_to_do_next(browser: PageClient) -> None:
    page = browser.get("/activity").text
    assert "mailerplex track" in page
    assert "Load sample data" in page


def test_the_list_tells_how_far_each_message_got_and_never_says_unread(loaded: PageClient) -> None:
    page = loaded.get("/activity").text
    for words in (
        "Link clicked by at least one of 3",
        "Read, likely",
        "Opened by a scanner only",
        "No sign of reading yet",
        "Link clicked",
        "Fetched ahead by a machine, no sign of reading yet",
        "Visited, unclear by whom",
        "Sample",
    ):
        assert words in page
    assert "unread" not in page.lower()


def test_samples_go_in_one_click(loaded: PageClient) -> None:
    assert "Remove the samples" in loaded.get("/activity").text
    loaded.submit("/activity", "/samples/remove")
    page = loaded.get("/activity").text
    assert "Nothing tracked yet" in page
    assert "Remove the samples" not in page


@ON_SQLITE
@pytest.mark.parametrize(
    ("query", "found", "missing"),
    [
        ("q=invoice", "Invoice 2026-118", "Lunch on Thursday"),
        ("q=LINDQVIST", "Offer for the new website", "Lunch on Thursday"),
        ("q=felix%40brandt", "Happy birthday!", "Lunch on Thursday"),
        ("status=clicked", "Invoice 2026-118", "Lunch on Thursday"),
        ("status=sent&q=thursday", "Lunch on Thursday", "Invoice 2026-118"),
        ("status=made-up", "Lunch on Thursday", "nothing"),
    ],
)
def test_search_and_filters_find_what_they_say(loaded: PageClient, query: str, found: str, missing: str) -> None:
    page = loaded.get(f"/activity?{query}").text
    assert found in page
    assert missing not in page


@ON_SQLITE
def test_a_search_that_finds_nothing_says_so(loaded: PageClient) -> None:
    page = loaded.get("/activity?q=%3Cscript%3E").text
    assert "No message fits" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_pages_follow_each_other_without_a_gap(browser: PageClient, services: WebServices, owner: User) -> None:
    add_messages(services, owner, 95)
    seen: list[str] = []
    path: str | None = "/activity"
    for _ in range(4):
        if path is None:
            break
        page = browser.get(path).text
        seen += [line.split("</a>")[0] for line in page.split('">Letter ')[1:]]
        path = None
        if 'rel="next" href="' in page:
            path = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert seen == [str(number) for number in range(95)]


@ON_SQLITE
@pytest.mark.parametrize("query", ["cursor=x", "cursor=AAAA", "cursor=%C3%A9", "status=opened", "since=soon", "mode=x"])
def test_what_is_made_up_is_said_and_the_list_shown_with_the_rest(loaded: PageClient, query: str) -> None:
    answer = loaded.get(f"/activity?q=invoice&{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "Invoice 2026-118" in answer.text
    assert "Lunch on Thursday" not in answer.text


def test_the_list_is_saved_as_csv_as_it_is_filtered_and_runs_nothing(loaded: PageClient, services: WebServices) -> None:
    with services.sessions.begin() as session:
        message = session.scalars(select(Message).where(Message.subject == "Lunch on Thursday?")).one()
        message.subject = '=HYPERLINK("https://evil.example")'
    answer = loaded.get("/activity.csv?q=hyperlink")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="activity.csv"'
    header, row, *rest = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert rest == []
    assert row[header.index("Subject")] == """'=HYPERLINK("https://evil.example")"""
    assert row[header.index("State")] == "Fetched ahead by a machine, no sign of reading yet"
    assert len(loaded.get("/activity.csv").data.splitlines()) == 12 + 1
    assert loaded.get("/activity.csv?status=made-up").status_code == 400
    with services.sessions() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "export")).all() == ["export"] * 2


def test_an_open_page_hears_that_nothing_is_new_until_something_is(
    browser: PageClient, services: WebServices, owner: User
) -> None:
    tag = browser.get("/activity").headers["ETag"]
    live = {"If-None-Match": tag, "X-Live": "1"}
    answer = browser.get("/activity", headers=live)
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert browser.get("/activity?q=x", headers=live).status_code == 200

    add_messages(services, owner, 1)
    answer = browser.get("/activity", headers=live)
    assert answer.status_code == 200
    assert "Letter 0" in answer.text
    live["If-None-Match"] = answer.headers["ETag"]
    assert browser.get("/activity", headers=live).status_code == 304
    with services.sessions.begin() as session:
        session.get_one(Workspace, owner.workspace_id).feed_position += 1
    assert browser.get("/activity", headers=live).status_code == 200


def test_the_message_page_tells_each_event_in_words(loaded: PageClient, services: WebServices) -> None:
    message = find_message(services, "Offer for the new website")
    page = loaded.get(f"/messages/{message.id}").text
    for words in (
        "Ann Lindqvist opened the message",
        "Ann Lindqvist followed a link",
        "A scanner: 1 open and 3 link visits within 2 s",
        "You looked at the message",
        "A machine fetched the message ahead",
        "You sent it",
        "Gmail fetched the picture when its reader opened the message.",
        "Very likely (90 %)",
        "Lisbon",
        "https://offers.example/references",
        "IP Geolocation by DB-IP",
    ):
        assert words in page, words
    assert page.count('<svg class="timeline') == 2
    assert 'role="img"' in page


@ON_SQLITE
def test_a_shared_copy_names_nobody(loaded: PageClient, services: WebServices) -> None:
    message = find_message(services, "Kick-off on Monday: agenda and dial-in")
    page = loaded.get(f"/messages/{message.id}").text
    assert "One of 3 opened the message" in page
    assert "nobody can tell which one" in page
    assert "Emma Rossi opened" not in page


@ON_SQLITE
def test_a_message_without_events_does_not_count_as_unread(loaded: PageClient, services: WebServices) -> None:
    page = loaded.get(f"/messages/{find_message(services, 'Question about parking').id}").text
    assert "That does not mean unread" in page


@ON_SQLITE
def test_what_senders_wrote_is_shown_and_never_run(browser: PageClient, services: WebServices, owner: User) -> None:
    add_messages(services, owner, 1)
    with services.sessions.begin() as session:
        message = session.scalars(select(Message)).one()
        message.subject = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"
    for path in ("/activity", f"/messages/{message.id}"):
        page = browser.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;{{ 7 * 7 }}" in page


def test_deleting_a_message_needs_its_form_and_removes_it(loaded: PageClient, services: WebServices) -> None:
    message = find_message(services, "Invoice 2026-118")
    path = f"/messages/{message.id}"
    assert loaded.post(f"{path}/delete").status_code == 400
    assert loaded.submit(path, f"{path}/delete").status_code == 303
    assert loaded.get(path).status_code == 404
    with services.sessions() as session:
        assert session.scalars(select(Recipient).where(Recipient.message_id == message.id)).all() == []


def test_another_workspaces_message_is_not_there(browser: PageClient, services: WebServices) -> None:
    now = services.clock()
    with services.sessions.begin() as session:
        workspace = Workspace(name="Other", created_at=now)
        session.add(workspace)
        session.flush()
        other = User(workspace_id=workspace.id, email="other@example.com", role="owner", created_at=now)
        session.add(other)
        session.flush()
    load_samples(services.sessions, services.keys, "https://t.example", other.id, now)
    message = find_message(services, "Invoice 2026-118")
    assert "Invoice" not in browser.get("/activity").text
    token = {"csrf_token": browser.get("/settings").text.split('name="csrf_token" value="')[1].split('"')[0]}
    assert browser.get(f"/messages/{message.id}").status_code == 404
    assert browser.post(f"/messages/{message.id}/delete", token).status_code == 404
    browser.post("/samples/remove", token)
    assert find_message(services, "Invoice 2026-118").id == message.id


@ON_SQLITE
@pytest.mark.parametrize("message_id", ["0" * 32, "x", "é", "' OR 1=1"])
def test_a_message_that_is_none_is_not_found(browser: PageClient, message_id: str) -> None:
    assert browser.get(f"/messages/{message_id}").status_code == 404


def test_bytes_that_no_database_takes_are_no_error(browser: PageClient) -> None:
    assert browser.get("/activity?q=a%00b").status_code == 200
    assert browser.get("/messages/a%00b").status_code == 404


def weigh(browser: PageClient, path: str) -> int:
    """Sum up what a first view of a page takes over the wire."""
    page = browser.get(path, headers={"Accept-Encoding": "gzip"})
    text = gzip.decompress(page.data).decode() if "Content-Encoding" in page.headers else page.text
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    assert len(files) > 4
    return len(page.data) + sum(len(browser.get(file, headers={"Accept-Encoding": "gzip"}).data) for file in files)


@ON_SQLITE
def test_the_largest_page_stays_light(loaded: PageClient, services: WebServices, owner: User) -> None:
    message = find_message(services, "Offer for the new website")
    with services.sessions.begin() as session:
        first = session.scalars(select(Event).where(Event.message_id == message.id)).first()
        assert first is not None
        kept = {column.key: getattr(first, column.key) for column in Event.__table__.columns}
        verdicts = list(Verdict)
        for number in range(2000):
            own = {"id": create_id(), "feed_position": 1000 + number, "verdict": verdicts[number % 6].value}
            session.add(Event(**(kept | own | {"at": first.at + timedelta(seconds=1.009**number)})))
    assert weigh(loaded, f"/messages/{message.id}") < 250_000
    assert weigh(loaded, "/feed?machines=1") < 250_000
    assert weigh(loaded, "/activity") < 250_000
