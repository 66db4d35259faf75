"""Messages over the API: registering, listing, reading, removing, the sender's views."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine, func, select
from sqlalchemy import event as sql_event

from core.links import verify_link
from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.storage.models import Copy, Event, Link, Mailbox, Message, Recipient, View
from core.tokens import TokenSigner
from tests.support.api import NOW, ApiClient, add_event, new_message

TWO = [{"address": "ann@example.com", "name": "Ann"}, {"address": "bob@example.com", "kind": "cc"}]


def test_a_message_with_links_answers_what_its_sender_needs(api: ApiClient, signer: TokenSigner) -> None:
    given = ["https://example.com/a?x=1&y=%2F#top", "https://exämple.com/ü", " https://example.com/a?x=1&y=%2F#top "]
    registered = api.register(links=given, recipients=TWO)

    (copy,) = registered["copies"]
    assert copy["recipients"] == ["ann@example.com", "bob@example.com"]
    assert set(copy["links"]) == set(given)
    assert copy["links"][given[0]] == copy["links"][given[2]]
    assert "html" not in copy
    parts = urlsplit(copy["links"][given[1]])
    copy_id, number, destination = verify_link(signer, parts.path.removeprefix("/c/"), parts.query)
    assert (number, destination) == (1, b"https://ex%C3%A4mple.com/%C3%BC")
    pixel = urlsplit(copy["pixel_url"]).path
    assert signer.verify_pixel(pixel.removeprefix("/o/").removesuffix(".gif")) == copy_id


def test_half_a_surrogate_pair_counts_as_the_replacement_character(api: ApiClient) -> None:
    escaped = r'"https://example.com/\ud83d\ude00\\ud800\uD800x\udc00\ud800\ud83d\ude00"'
    raw = json.dumps(new_message(links=[])).replace('"links": []', f'"links": [{escaped}]')
    assert escaped in raw

    registered = api.post("/messages", data=raw.encode(), content_type="application/json").json

    ((url, tracked),) = registered["copies"][0]["links"].items()
    assert url == "https://example.com/\U0001f600\\ud800\ufffdx\ufffd\ufffd\U0001f600"
    assert "%25F0%259F%2598%2580%5Cud800%25EF%25BF%25BDx%25EF%25BF%25BD%25EF%25BF%25BD" in tracked


def test_each_recipient_gets_a_copy_with_the_same_numbers(
    api: ApiClient, signer: TokenSigner, sessions: Sessions
) -> None:
    html = '<p><a href="https://example.com/x">x</a> <a href="https://example.com/a">a</a></p>'
    registered = api.register(recipients=TWO, mode="per_recipient", html=html)

    first, second = registered["copies"]
    assert (first["recipients"], second["recipients"]) == (["ann@example.com"], ["bob@example.com"])
    assert first["pixel_url"] != second["pixel_url"]
    for copy in (first, second):
        numbers = {}
        for url, tracked in copy["links"].items():
            parts = urlsplit(tracked)
            numbers[url] = verify_link(signer, parts.path.removeprefix("/c/"), parts.query)[1]
            assert parse_qs(parts.query)["u"] == [url]
        assert numbers == {"https://example.com/a": 0, "https://example.com/x": 1}
        assert copy["pixel_url"] in copy["html"]
        assert 'href="https://example.com' not in copy["html"]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Copy)) == 2
        assert session.scalars(select(Link.url).order_by(Link.number)).all() == [
            "https://example.com/a",
            "https://example.com/x",
        ]


def test_a_message_comes_back_as_it_is_documented(api: ApiClient) -> None:
    message_id = api.register(recipients=TWO, subject="Hi\r\nX: y\x00", sent_at="2026-11-22T09:00:00+01:00")["id"]

    message = api.get(f"/messages/{message_id}").json

    assert message == {
        "id": message_id,
        "subject": "Hi X: y",
        "sender": "olga@example.com",
        "sent_at": "2026-11-22T08:00:00Z",
        "mode": "shared",
        "status": "sent",
        "recipients": [
            {"address": "ann@example.com", "name": "Ann", "kind": "to", "status": "sent", "last_at": None},
            {"address": "bob@example.com", "name": None, "kind": "cc", "status": "sent", "last_at": None},
        ],
        "links": [{"url": "https://example.com/a", "clicks": 0}],
        "counts": {"human": 0, "human_via_proxy": 0, "prefetch": 0, "scanner": 0, "self": 0, "unknown": 0},
    }


def test_a_time_to_come_counts_as_now(api: ApiClient) -> None:
    message_id = api.register(sent_at="2031-01-01T00:00:00Z")["id"]
    assert api.get(f"/messages/{message_id}").json["sent_at"] == "2026-11-22T09:30:00Z"


def test_addresses_that_come_twice_count_once(api: ApiClient) -> None:
    twice = [{"address": "Ann@Example.com"}, {"address": "ann@example.com", "kind": "bcc"}]
    (copy,) = api.register(recipients=twice, mode="per_recipient")["copies"]
    assert copy["recipients"] == ["Ann@Example.com"]


def test_the_sender_is_the_user_unless_said_and_has_one_mailbox(api: ApiClient, sessions: Sessions) -> None:
    body = new_message()
    del body["sender"]
    message_id = api.post("/messages", body).json["id"]
    api.register(sender="Olga <OWNER@example.com>")

    assert api.get(f"/messages/{message_id}").json["sender"] == "owner@example.com"
    with sessions() as session:
        assert session.scalars(select(Mailbox.address)).all() == ["owner@example.com"]
        assert set(session.scalars(select(Message.sender))) == {"owner@example.com", "OWNER@example.com"}


def test_links_of_ours_stay_what_they_are(api: ApiClient) -> None:
    tracked = api.register()["copies"][0]["links"]["https://example.com/a"]
    assert api.register(links=[tracked])["copies"][0]["links"] == {tracked: tracked}


def test_the_list_is_newest_first_and_paged(api: ApiClient) -> None:
    ids = [api.register(sent_at=f"2026-11-{day:02}T00:00:00Z")["id"] for day in (3, 1, 2, 2)]
    expected = [ids[0], *sorted(ids[2:], reverse=True), ids[1]]

    found: list[str] = []
    path = "/messages?limit=1"
    while path:
        page = api.get(path).json
        found.extend(item["id"] for item in page["items"])
        path = f"/messages?limit=1&cursor={page['next']}" if page["next"] else ""

    assert found == expected
    assert [item["id"] for item in api.get("/messages").json["items"]] == expected


def test_messages_that_were_not_sent_come_first_and_are_paged_too(api: ApiClient, sessions: Sessions) -> None:
    ids = [api.register()["id"] for _ in range(4)]
    with sessions.begin() as session:
        for identifier in ids[:2]:
            session.get_one(Message, identifier).sent_at = None

    found: list[str] = []
    cursor = ""
    for _ in range(2):
        page = api.get(f"/messages?limit=3{cursor}").json
        found.extend(item["id"] for item in page["items"])
        cursor = f"&cursor={page['next']}"

    assert set(found[:2]) == set(ids[:2])
    assert sorted(found) == sorted(ids)
    assert page["next"] is None


FILTERS: dict[str, set[str]] = {
    "q=rechnung": {"bill"},
    "q=ÜBERSICHT": {"umlaut"},
    "q=übersicht": {"umlaut"},
    "q=100%25": {"percent"},
    "q=100_": set(),
    "q=BOB": {"bill"},
    "q=robert": {"bill"},
    "q=carl@": {"percent"},
    "recipient=Bob@Example.COM": {"bill"},
    "recipient=bob": set(),
    "status=sent": {"bill", "umlaut", "percent"},
    "status=clicked": set(),
    "since=2026-11-20T00:00:00Z": {"umlaut", "percent"},
    "since=2026-11-20T01:00:00+02:00&q=100": {"percent"},
}


def test_the_list_is_filtered(api: ApiClient) -> None:
    bob = [{"address": "bob@example.com", "name": "Robert"}]
    names = {
        api.register(subject="Die RECHNUNG", recipients=bob, sent_at="2026-11-01T00:00:00Z")["id"]: "bill",
        api.register(subject="Die Übersicht")["id"]: "umlaut",
        api.register(subject="Only 100% today", sender="carl@example.com")["id"]: "percent",
    }
    for query, expected in FILTERS.items():
        assert {names[item["id"]] for item in api.get(f"/messages?{query}").json["items"]} == expected, query


def test_a_page_of_messages_takes_few_queries(api: ApiClient, engine: Engine) -> None:
    for _ in range(5):
        api.register(recipients=TWO)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    sql_event.listen(engine, "before_cursor_execute", note)
    assert len(api.get("/messages").json["items"]) == 5
    assert len(statements) <= 5  # the token, two ways into the list, recipients, links


def test_clicks_and_counts_show_on_the_message(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    add_event(sessions, message_id)
    add_event(sessions, message_id, kind=Kind.CLICK, link_number=0)
    add_event(sessions, message_id, kind=Kind.CLICK, link_number=0, verdict=Verdict.SCANNER)

    message = api.get(f"/messages/{message_id}").json

    assert message["status"] == "clicked"
    assert message["links"] == [{"url": "https://example.com/a", "clicks": 1}]
    assert message["counts"] | {"human": 2, "scanner": 1} == message["counts"]
    assert message["recipients"][0]["status"] == "clicked"
    assert message["recipients"][0]["last_at"] == "2026-11-22T09:35:00Z"


def test_removing_a_message_removes_all_that_hangs_on_it(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    add_event(sessions, message_id)
    api.post(f"/messages/{message_id}/viewed")

    assert api.call("DELETE", f"/messages/{message_id}").status_code == 204

    assert api.get(f"/messages/{message_id}").status_code == 404
    assert api.call("DELETE", f"/messages/{message_id}").status_code == 404
    with sessions() as session:
        for table in (Message, Copy, Recipient, Link, Event, View):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_view_is_recorded_and_the_message_judged_again(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]

    assert api.post(f"/messages/{message_id}/viewed").status_code == 204
    assert api.post(f"/messages/{message_id}/viewed", {"at": "2026-11-22T09:29:00Z"}).status_code == 204
    assert api.post(f"/messages/{message_id}/viewed", {"at": "2027-11-22T09:29:00Z"}).status_code == 204

    times = [NOW, NOW - timedelta(minutes=1), NOW]
    assert api.judge.asked == [(message_id, at, at) for at in times]
    assert api.delivered == ["alert"] * 3
    with sessions() as session:
        assert sorted(session.scalars(select(View.at))) == sorted(times)
