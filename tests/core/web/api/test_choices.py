"""What the API tracks by a user's defaults, and leaves out by lists of those who are never tracked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select, update

from core.keys import KeyRing
from core.messages.copies import NO_PIXEL_URL
from core.messages.exclusions import add_exclusion
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import Message, Recipient, User
from tests.support.api import NOW, ApiClient, create_client, new_message

LINK = "https://example.com/a"
BOTH: list[dict[str, Any]] = [{"address": "ann@example.com"}, {"address": "bob@never.example"}]
HTML = f'<p>Hi <a href="{LINK}">there</a></p>'


def exclude(sessions: Sessions, owner: User) -> None:
    """Put a domain on the owner's list."""
    with sessions.begin() as session:
        add_exclusion(session, owner.workspace_id, owner.id, "never.example", NOW)


def choose(sessions: Sessions, owner: User, **values: bool) -> None:
    """Change the owner's defaults."""
    with sessions.begin() as session:
        session.execute(update(User).where(User.id == owner.id).values(**values))


def count(sessions: Sessions, model: type) -> int:
    """Count rows."""
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_copy_of_its_own_stays_as_written_for_who_is_never_tracked(
    api: ApiClient, sessions: Sessions, owner: User
) -> None:
    exclude(sessions, owner)
    answer = api.register(recipients=BOTH, mode="per_recipient", html=HTML)
    tracked, alone = answer["copies"]
    assert (answer["tracked"], answer["reason"]) == (True, None)
    assert (tracked["recipients"], tracked["tracked"]) == (["ann@example.com"], True)
    assert tracked["links"][LINK] != LINK
    assert alone == {
        "recipients": ["bob@never.example"],
        "tracked": False,
        "pixel_url": NO_PIXEL_URL,
        "page_url": None,
        "links": {LINK: LINK},
        "html": HTML,
    }
    assert count(sessions, Recipient) == 1


def test_one_copy_for_all_is_not_tracked_if_one_of_them_never_is(
    api: ApiClient, sessions: Sessions, owner: User
) -> None:
    exclude(sessions, owner)
    response = api.post("/messages", new_message(recipients=BOTH, html=HTML))
    assert response.status_code == 200
    assert response.json == {
        "id": None,
        "tracked": False,
        "reason": "never_tracked",
        "temporary_url": False,
        "copies": [
            {
                "recipients": ["ann@example.com", "bob@never.example"],
                "tracked": False,
                "pixel_url": NO_PIXEL_URL,
                "page_url": None,
                "links": {LINK: LINK},
                "html": HTML,
            }
        ],
    }
    assert count(sessions, Message) == 0


def test_a_repeat_under_its_key_answers_the_same_with_those_left_out(
    api: ApiClient, sessions: Sessions, owner: User
) -> None:
    exclude(sessions, owner)
    body, key = new_message(recipients=BOTH, mode="per_recipient"), {"Idempotency-Key": "once"}
    first = api.post("/messages", body, headers=key)
    again = api.post("/messages", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json


def test_defaults_hold_unless_the_message_says_otherwise(api: ApiClient, sessions: Sessions, owner: User) -> None:
    choose(sessions, owner, tracks_opens=False, tracks_per_recipient=True)
    body = new_message(recipients=BOTH, html=HTML)
    del body["mode"]
    copies = api.post("/messages", body).json["copies"]
    assert [copy["recipients"] for copy in copies] == [["ann@example.com"], ["bob@never.example"]]
    assert {copy["pixel_url"] for copy in copies} == {NO_PIXEL_URL}
    assert all("<img" not in copy["html"] and copy["links"][LINK] in copy["html"] for copy in copies)
    [copy] = api.register(track_opens=True, track_links=False, html=HTML)["copies"]
    assert copy["pixel_url"] in copy["html"]
    assert copy["links"] == {LINK: LINK}
    assert f'href="{LINK}"' in copy["html"]


def test_with_all_tracking_off_nothing_is_registered(api: ApiClient, sessions: Sessions, owner: User) -> None:
    choose(sessions, owner, tracks_opens=False, tracks_links=False)
    response = api.post("/messages", new_message())
    assert (response.status_code, response.json["reason"]) == (200, "tracking_off")
    assert count(sessions, Message) == 0


def test_a_message_over_a_tunnels_address_says_so(
    settings: Settings, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User
) -> None:
    api = create_client(replace(settings, has_temporary_url=True), sessions, reading_sessions, ring, owner)
    answer = api.register()
    assert answer["temporary_url"] is True
    assert api.get(f"/messages/{answer['id']}").json["temporary_url"] is True
