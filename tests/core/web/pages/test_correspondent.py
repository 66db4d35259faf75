from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.storage.models import AuditEntry, Message, Recipient, User
from core.web.services import WebServices
from tests.support.pages import PageClient, sign_in

ANN = "ann@northwind.example"
PATH = f"/people/{ANN}"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def loaded(browser: PageClient) -> PageClient:
    """A browser whose workspace holds the samples."""
    assert browser.submit("/activity", "/samples").status_code == 303
    return browser


def audited(services: WebServices, action: str) -> list[str | None]:
    with services.sessions() as session:
        return list(session.scalars(select(AuditEntry.address).where(AuditEntry.action == action)))


def test_the_page_tells_mail_habits_clients_and_places(loaded: PageClient) -> None:
    page = loaded.get(PATH).text
    for words in (
        "Ann Lindqvist",
        "Offer for the new website",
        "Project plan",
        "Link clicked by at least one of 3",
        "Usually reads after",
        "Safari on iOS 18 (iPhone)",
        "Lisbon",
        "machines left out",
        "Visits by hour of day, UTC:",
    ):
        assert words in page, words
    assert "Invoice 2026-118" not in page


@ON_SQLITE
def test_of_copies_that_several_share_nothing_is_claimed_of_one(loaded: PageClient) -> None:
    page = loaded.get("/people/clara@duarte-design.example").text
    assert "Link clicked by at least one of 3" in page
    assert "Nothing is known of this person's own reading" in page


@ON_SQLITE
@pytest.mark.parametrize("address", [ANN.upper(), f" {ANN} ", quote(ANN, safe="")])
def test_an_address_may_be_written_in_several_ways(loaded: PageClient, address: str) -> None:
    assert loaded.get(f"/people/{address}").status_code == 200


@ON_SQLITE
def test_an_address_with_slashes_and_signs_has_a_page(loaded: PageClient, services: WebServices) -> None:
    odd = "a/b?c#d%2fe+f@example.com"
    with services.sessions.begin() as session:
        recipient = session.scalars(select(Recipient).where(Recipient.address_folded == "grace@hall.example")).first()
        recipient = recipient or session.scalars(select(Recipient)).first()
        assert recipient is not None
        recipient.address = recipient.address_folded = odd
        message_id = recipient.message_id
    page = loaded.get(f"/messages/{message_id}").text
    link = page.split('class="person-link" href="')[1].split('"')[0]
    answer = loaded.get(link)
    assert answer.status_code == 200
    assert odd in answer.text
    assert loaded.get(f"{link}/erase").status_code == 200
    assert json.loads(loaded.get(f"{link}/export.json").data)["address"] == odd


@ON_SQLITE
@pytest.mark.parametrize("address", ["nobody@example.com", "x", "a%00b", "é" * 400, "' OR 1=1 --", "a/b/c"])
def test_who_was_never_written_to_is_not_found(loaded: PageClient, address: str) -> None:
    for path in (f"/people/{address}", f"/people/{address}/erase", f"/people/{address}/export.json"):
        assert loaded.get(path).status_code == 404


@ON_SQLITE
def test_a_made_up_cursor_is_said_and_the_page_shown(loaded: PageClient) -> None:
    answer = loaded.get(f"{PATH}?cursor=x")
    assert answer.status_code == 400
    assert "Offer for the new website" in answer.text


def test_looking_and_taking_along_are_written_down(loaded: PageClient, services: WebServices) -> None:
    tag = loaded.get(PATH).headers["ETag"]
    loaded.get(PATH, headers={"X-Live": "1", "If-None-Match": tag})
    assert audited(services, "recipient.viewed") == [ANN]
    answer = loaded.get(f"{PATH}/export.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(json.loads(answer.data)["messages"]) == 2
    assert audited(services, "export") == [ANN]


def test_erasing_asks_first_and_then_is_for_good(loaded: PageClient, services: WebServices) -> None:
    assert "Nobody can undo this" in loaded.get(f"{PATH}/erase").text
    assert loaded.get(PATH).status_code == 200
    assert loaded.post(f"{PATH}/erase").status_code == 400
    answer = loaded.submit(f"{PATH}/erase", f"{PATH}/erase")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/activity?done=erased")
    assert "was erased" in loaded.get("/activity?done=erased").text
    assert loaded.get(PATH).status_code == 404
    with services.sessions() as session:
        assert session.scalar(select(func.count()).where(Recipient.address_folded == ANN)) == 0
    assert audited(services, "erasure") == [None]


def test_a_member_sees_and_erases_within_their_own_mail(
    app: Flask, loaded: PageClient, services: WebServices, owner: User
) -> None:
    with services.sessions.begin() as session:
        member = User(
            workspace_id=owner.workspace_id, email="mia@example.com", role="member", created_at=services.clock()
        )
        session.add(member)
    theirs = sign_in(app, services, member)
    assert theirs.get(PATH).status_code == 404
    with services.sessions.begin() as session:
        for message in session.scalars(select(Message)):
            message.is_shared = True
    assert "your own messages" in theirs.get(f"{PATH}/erase").text
    theirs.submit(f"{PATH}/erase", f"{PATH}/erase")
    assert loaded.get(PATH).status_code == 200
