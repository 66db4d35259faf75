"""The page of a copy: what it tells and what it does not, stopping, erasing, and the link to more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.enrich.enricher import Enriched
from core.hits.record import encode_record
from core.hits.store import HitStore
from core.keys import KeyRing
from core.messages.draft import Mode
from core.privacy.stopping import list_stops
from core.signal.evidence import Client, Location, Network, NetworkKind, Verdict
from core.storage.auditing import AuditEntry
from core.storage.models import Alert, Base, Copy, Erasure, Event, Message, Recipient
from tests.core.web.recipients.conftest import ANN, BOB, Pages
from tests.support.api import add_event

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


def count(pages: Pages, table: type[Base]) -> int:
    """Count the rows of a table."""
    with pages.services.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def visit(pages: Pages, ring: KeyRing, copy_id: int, number: int = 0) -> None:
    """Open the message as a hit on its pixel does, through the store."""
    now = pages.clock.now
    environ = {"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": CHROME}
    line = encode_record("o", round(now.timestamp() * 1_000_000), copy_id, None, f"203.0.113.{number}", environ)
    found = Enriched(Network(NetworkKind.ACCESS, 3320, None), Client("Chrome"), Location("DE", None, "Bonn"))
    store = HitStore(pages.services.sessions, lambda *_: found, ring, lambda *_: [], pages.clock)
    store.store(f"{number:032x}", 0, len(line), line)


def test_it_tells_who_tracks_what_and_what_is_held(pages: Pages) -> None:
    message_id = pages.send(ANN)
    add_event(pages.services.sessions, message_id)
    answer = pages.get(pages.path(message_id))
    assert answer.status_code == 200
    for text in (
        "olga@example.com",
        "Offer for Ann",
        "1 visit was recorded",
        "A person",
        "until the message is deleted",
    ):
        assert text in answer.text
    assert ANN not in answer.text


def test_on_a_copy_that_several_got_it_names_nobody_and_shows_no_visit(pages: Pages) -> None:
    message_id = pages.send(ANN, BOB)
    add_event(pages.services.sessions, message_id)
    text = pages.get(pages.path(message_id)).text
    for name in (ANN, BOB, "Ann", "Bob", "Chrome", "A person"):
        assert name not in text
    assert "1 visit was recorded" in text
    assert "Several people got this same copy" in text


def test_looking_changes_nothing_and_sets_no_cookie(pages: Pages) -> None:
    message_id = pages.send(ANN)
    path = pages.path(message_id)
    for method in ("GET", "HEAD"):
        answer = pages.client.open(f"{path}?action=stop&done=erase", method=method)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    with pages.services.sessions() as session:
        assert session.scalars(select(Copy.stopped_at)).all() == [None]
    assert count(pages, AuditEntry) == 0


def test_stopping_takes_effect_on_visits_from_then_on(pages: Pages, ring: KeyRing) -> None:
    message_id = pages.send(ANN)
    copy_id = pages.copy_id(message_id)
    visit(pages, ring, copy_id, 1)
    pages.clock.now += timedelta(minutes=1)
    answer = pages.post(pages.path(message_id), "stop")
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    pages.clock.now += timedelta(minutes=1)
    visit(pages, ring, copy_id, 2)
    assert count(pages, Event) == 1
    text = pages.get(answer.headers["Location"]).text
    assert "Nothing more is recorded of this message" in text
    assert "Stopped since" in text
    assert "1 visit was recorded" in text
    with pages.services.sessions() as session:
        stops = list_stops(session, message_id)
        assert [(stop.at, stop.recipients) for stop in stops] == [(pages.clock.now - timedelta(minutes=1), 1)]
        assert session.scalars(select(AuditEntry.action)).all() == ["tracking.stopped"]


def test_stopping_twice_keeps_the_first_time(pages: Pages) -> None:
    message_id = pages.send(ANN)
    pages.post(pages.path(message_id), "stop")
    first = pages.clock.now
    pages.clock.now += timedelta(days=1)
    pages.post(pages.path(message_id), "stop")
    with pages.services.sessions() as session:
        assert session.scalars(select(Copy.stopped_at)).all() == [first]
    assert count(pages, AuditEntry) == 1


def test_a_copy_of_ones_own_is_erased_whole_and_the_others_stay(pages: Pages) -> None:
    message_id = pages.send(ANN, BOB, mode=Mode.PER_RECIPIENT)
    other = pages.send(ANN)
    add_event(pages.services.sessions, message_id, address=ANN)
    add_event(pages.services.sessions, message_id, address=BOB)
    path = pages.path(message_id, ANN)
    answer = pages.post(path, "erase")
    assert answer.status_code == 303
    assert "Nothing is held any more" in pages.get(path).text
    with pages.services.sessions() as session:
        kept = session.scalars(select(Recipient.address).where(Recipient.message_id == message_id)).all()
        assert kept == [BOB]
        assert session.get(Message, other) is not None
    assert count(pages, Event) == 1
    assert count(pages, Erasure) == 1


def test_a_message_to_one_person_is_gone_after_erasing(pages: Pages, ring: KeyRing) -> None:
    message_id = pages.send(ANN)
    path, copy_id = pages.path(message_id), pages.copy_id(message_id)
    pages.post(path, "erase")
    visit(pages, ring, copy_id)
    assert [count(pages, table) for table in (Message, Copy, Recipient, Event, Alert)] == [0] * 5
    again = pages.get(path)
    assert (again.status_code, "Nothing is held any more" in again.text) == (200, True)
    for action in ("stop", "erase"):
        assert pages.post(path, action).status_code == 303


def test_of_a_shared_copy_the_visits_go_and_its_recipients_stay(pages: Pages, ring: KeyRing) -> None:
    message_id = pages.send(ANN, BOB)
    add_event(pages.services.sessions, message_id)
    add_event(pages.services.sessions, message_id, verdict=Verdict.SCANNER)
    path = pages.path(message_id)
    pages.post(path, "erase")
    visit(pages, ring, pages.copy_id(message_id))
    assert count(pages, Event) == 0
    assert count(pages, Recipient) == 2
    with pages.services.sessions() as session:
        message = session.get_one(Message, message_id)
        assert (message.status, message.human_count, message.scanner_count) == ("sent", 0, 0)
        assert [stop.at for stop in list_stops(session, message_id)] == [None]
    text = pages.get(path).text
    assert "what was recorded was erased" in text
    assert 'value="erase"' not in text


def test_a_link_is_mailed_to_recipients_alone_and_the_answer_does_not_tell(pages: Pages) -> None:
    message_id = pages.send(ANN, BOB)
    path = pages.path(message_id)
    answers = [pages.post(path, "mail", address=address) for address in (" Ann@Example.com ", "eve@example.com")]
    pages.later.wait()
    assert {(a.status_code, a.headers["Location"]) for a in answers} == {(303, f"{path}?lang=en&done=mail")}
    assert [words[0] for words in pages.mailed] == [ANN]
    link = pages.mailed[0][1]
    assert link.startswith(pages.services.settings.public_url + "/p/me/")
    assert "ann" not in link.lower().split("/p/me/")[0].split("//")[1]


def test_asking_for_links_is_limited_whether_or_not_they_are_mailed(pages: Pages) -> None:
    path = pages.path(pages.send(ANN))
    answers = [pages.post(path, "mail", address=f"eve{n}@example.com").status_code for n in range(6)]
    assert answers == [303] * 5 + [429]
    other = pages.path(pages.send(ANN))
    assert [pages.post(other, "mail", address=ANN).status_code for _ in range(4)] == [303, 303, 303, 429]


def test_what_is_no_address_is_said(pages: Pages) -> None:
    answer = pages.post(pages.path(pages.send(ANN)), "mail", address="<script>")
    assert answer.status_code == 400
    assert "That is no e-mail address." in answer.text


def test_a_form_of_another_site_does_nothing(pages: Pages) -> None:
    message_id = pages.send(ANN)
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = pages.client.post(
            pages.path(message_id),
            data={"action": "erase"},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        assert answer.status_code == 400
    assert count(pages, Message) == 1


def test_what_is_no_action_does_nothing(pages: Pages) -> None:
    path = pages.path(pages.send(ANN))
    assert pages.post(path, "explode").status_code == 400
    assert count(pages, AuditEntry) == 0


@ON_SQLITE
def test_a_forged_link_gets_a_kind_page(pages: Pages) -> None:
    path = pages.path(pages.send(ANN))
    forged = path[:-2] + ("AA" if not path.endswith("AA") else "BB")
    for answer in (pages.get(forged), pages.post(forged, "stop"), pages.get("/p/x"), pages.get("/p/me/x")):
        assert answer.status_code == 404
        assert "Please copy it whole" in answer.text
    pixel = pages.services.signer().sign_pixel(1)
    assert pages.get(f"/p/{pixel}").status_code == 404


@ON_SQLITE
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(token=st.text(max_size=60), query=st.text(max_size=30))
def test_no_token_is_a_failure_of_ours(pages: Pages, token: str, query: str) -> None:
    for prefix in ("/p/", "/p/me/"):
        path = prefix.encode() + token.encode("utf-8", "replace")
        answer = pages.client.open(
            environ_overrides={"PATH_INFO": path.decode("latin-1"), "QUERY_STRING": f"lang={query.encode().hex()}"}
        )
        assert answer.status_code in (404, 308), path


@ON_SQLITE
def test_it_answers_on_any_name_with_its_style(pages: Pages) -> None:
    text = pages.get(pages.path(pages.send(ANN)), host="very-old.example").text
    start = text.index("/static/")
    style = text[start : text.index('"', start)]
    assert pages.get(style, host="very-old.example").status_code == 200
    assert pages.get("/settings", host="very-old.example").status_code == 421


def test_names_of_the_sender_are_written_as_text(pages: Pages) -> None:
    message_id = pages.send(ANN)
    with pages.services.sessions.begin() as session:
        session.get_one(Message, message_id).subject = "<script>alert(1)</script>"
    assert "<script" not in pages.get(pages.path(message_id)).text
