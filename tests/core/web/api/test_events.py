"""Events over the API: timelines, the feed and its cursor, corrections."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.storage.models import Event
from tests.support.api import ApiClient, add_event

TWO = [{"address": "ann@example.com"}, {"address": "bob@example.com"}]


def test_an_event_has_exactly_the_documented_form(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    event_id = add_event(
        sessions,
        message_id,
        kind=Kind.CLICK,
        link_number=0,
        reasons="person_on_device,second",
        country="DE",
        city="Berlin",
    )

    assert api.get(f"/messages/{message_id}/events").json == {
        "items": [
            {
                "id": event_id,
                "revision": 1,
                "message_id": message_id,
                "recipient": "ann@example.com",
                "kind": "click",
                "at": "2026-11-22T09:35:00Z",
                "verdict": "human",
                "confidence": 0.9,
                "reasons": ["person_on_device", "second"],
                "rules": "2026.11.1",
                "client": {"name": "Gmail", "os": None, "device": None},
                "location": {"country": "DE", "region": None, "city": "Berlin"},
                "link": "https://example.com/a",
            }
        ],
        "next": None,
    }


def test_the_place_of_a_machine_is_nobodys(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    for verdict in (Verdict.HUMAN_VIA_PROXY, Verdict.PREFETCH, Verdict.SCANNER):
        add_event(sessions, message_id, verdict=verdict, country="US")
    assert [event["location"] for event in api.get("/events").json["items"]] == [None, None, None]


def test_a_reply_has_neither_verdict_nor_client(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    event_id = add_event(sessions, message_id, kind=Kind.REPLY, verdict=None, reasons="", client_name=None)

    (event,) = api.get(f"/messages/{message_id}/events").json["items"]

    assert (event["verdict"], event["confidence"], event["client"], event["location"]) == (None, None, None, None)
    assert event["reasons"] == []
    refusal = api.post(f"/events/{event_id}/correction", {"verdict": "human"})
    assert refusal.status_code == 422
    assert "reply" in refusal.json["detail"]


def test_nobody_is_named_on_a_copy_that_several_share(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register(recipients=TWO)["id"]
    add_event(sessions, message_id)
    assert api.get(f"/messages/{message_id}/events").json["items"][0]["recipient"] is None


def test_a_timeline_is_oldest_first_and_paged(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    minutes = (3, 1, 2, 2, 5)
    ids = [add_event(sessions, message_id, after=timedelta(minutes=minute)) for minute in minutes]
    other = api.register()["id"]
    add_event(sessions, other)

    found: list[str] = []
    query = "?limit=2"
    while query:
        page = api.get(f"/messages/{message_id}/events{query}").json
        found.extend(item["id"] for item in page["items"])
        query = f"?limit=2&cursor={page['next']}" if page["next"] else ""

    assert found == [ids[1], *sorted(ids[2:4]), ids[0], ids[4]]


def test_the_feed_is_followed_by_its_cursor(api: ApiClient, sessions: Sessions) -> None:
    first = api.get("/events").json
    assert first["items"] == []
    message_id = api.register()["id"]
    late = add_event(sessions, message_id, after=timedelta(minutes=9))
    early = add_event(sessions, message_id, after=timedelta(minutes=1))

    second = api.get(f"/events?cursor={first['next']}&limit=1").json
    third = api.get(f"/events?cursor={second['next']}&limit=1").json
    fourth = api.get(f"/events?cursor={third['next']}&limit=1").json

    assert [page["items"][0]["id"] for page in (second, third)] == [late, early]
    assert fourth == {"items": [], "next": third["next"]}


def test_a_corrected_event_comes_again_with_a_higher_revision(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    event_id = add_event(sessions, message_id)
    add_event(sessions, message_id)
    cursor = api.get("/events").json["next"]

    corrected = api.post(f"/events/{event_id}/correction", {"verdict": "scanner"})

    assert corrected.status_code == 200
    assert (corrected.json["verdict"], corrected.json["revision"]) == ("scanner", 2)
    assert [item["id"] for item in api.get(f"/events?cursor={cursor}").json["items"]] == [event_id]
    assert api.delivered == ["alert"]


@pytest.mark.parametrize("verdict", [None, "human"])
def test_a_correction_can_be_taken_back(api: ApiClient, sessions: Sessions, verdict: str | None) -> None:
    event_id = add_event(sessions, api.register()["id"])
    assert api.post(f"/events/{event_id}/correction", {"verdict": "self"}).status_code == 200
    assert api.post(f"/events/{event_id}/correction", {"verdict": verdict}).status_code == 200
    with sessions() as session:
        assert session.get_one(Event, event_id).corrected == verdict


def test_a_made_up_cursor_is_a_problem(api: ApiClient) -> None:
    message_id = api.register()["id"]
    for cursor in ("", "x", "MTIz", "é", "A" * 300, "eyJhIjoxfQ", "MQ==", "_-_-", "%00"):
        for path in ("/events", "/messages", f"/messages/{message_id}/events"):
            response = api.get(f"{path}?cursor={cursor}")
            assert response.status_code == 400, (path, cursor)
            assert response.json["errors"][0]["parameter"] == "cursor"


def test_a_cursor_of_another_list_is_a_problem(api: ApiClient, sessions: Sessions) -> None:
    add_event(sessions, api.register()["id"])
    cursor = api.get("/events").json["next"]
    assert api.get(f"/messages?cursor={cursor}").status_code == 400
