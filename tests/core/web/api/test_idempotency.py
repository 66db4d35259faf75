"""Idempotency keys: a repeat changes nothing and answers the same, and nothing of the request is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from core.accounts.idempotency import purge_idempotency_records
from core.keys import KeyRing, create_key, parse_keys
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import IdempotencyRecord, Message, User, View
from tests.support.api import NOW, ApiClient, add_event, create_client, new_message

KEY = {"Idempotency-Key": "k-1"}


@pytest.mark.parametrize("mode", ["shared", "per_recipient"])
def test_a_repeat_answers_the_same_and_makes_nothing(api: ApiClient, sessions: Sessions, mode: str) -> None:
    people = [{"address": f"p{n}@example.com"} for n in range(5)]
    body = new_message(html='<a href="https://example.com/h">h</a>', mode=mode, recipients=people)

    first = api.post("/messages", body, headers=KEY)
    second = api.post("/messages", body, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert first.headers["Location"] == f"/api/v1/messages/{first.json['id']}"
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_without_a_key_each_request_counts(api: ApiClient) -> None:
    assert api.register()["id"] != api.register()["id"]


def test_a_key_used_for_another_request_is_refused(api: ApiClient) -> None:
    api.post("/messages", new_message(), headers=KEY)
    refused = api.post("/messages", new_message(subject="Other"), headers=KEY)
    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.json["detail"]
    message_id = api.register()["id"]
    assert api.post(f"/messages/{message_id}/viewed", headers=KEY).status_code == 422


def test_keys_of_two_tokens_do_not_meet(
    api: ApiClient, settings: Settings, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User
) -> None:
    other = create_client(settings, sessions, reading_sessions, ring, owner)
    answers = [client.post("/messages", new_message(), headers=KEY).json["id"] for client in (api, other)]
    assert answers[0] != answers[1]


def test_a_refused_request_does_not_use_its_key_up(api: ApiClient) -> None:
    assert api.post("/messages", new_message(links=["x"]), headers=KEY).status_code == 422
    assert api.post("/messages", new_message(), headers=KEY).status_code == 201


def test_a_repeat_after_the_message_was_removed_is_a_conflict(api: ApiClient) -> None:
    message_id = api.post("/messages", new_message(), headers=KEY).json["id"]
    api.call("DELETE", f"/messages/{message_id}")
    assert api.post("/messages", new_message(), headers=KEY).status_code == 409


def test_a_repeat_is_known_after_the_keys_rotated(
    api: ApiClient, settings: Settings, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User
) -> None:
    first = api.post("/messages", new_message(), headers=KEY).json
    rotated = KeyRing((*parse_keys(create_key()).keys, *ring.keys))
    later = create_client(settings, sessions, reading_sessions, rotated, owner)
    later.token = api.token

    assert later.post("/messages", new_message(), headers=KEY).json["id"] == first["id"]
    assert later.post("/messages", new_message(subject="Other"), headers=KEY).status_code == 422


def test_equal_requests_at_once_make_one_message(api: ApiClient, sessions: Sessions) -> None:
    def post(_: int) -> Any:
        headers = {"Authorization": f"Bearer {api.token}"} | KEY
        return api.app.test_client().post("/api/v1/messages", json=new_message(), headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(16)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_views_and_corrections_take_keys_too(api: ApiClient, sessions: Sessions) -> None:
    message_id = api.register()["id"]
    event_id = add_event(sessions, message_id)

    assert [api.post(f"/messages/{message_id}/viewed", headers=KEY).status_code for _ in range(2)] == [204, 204]
    key = {"Idempotency-Key": "k-2"}
    corrections = [api.post(f"/events/{event_id}/correction", {"verdict": "self"}, headers=key) for _ in range(2)]

    assert corrections[0].json == corrections[1].json
    assert len(api.judge.asked) == 2
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(View)) == 1


def test_a_record_holds_nothing_of_the_request(api: ApiClient, sessions: Sessions) -> None:
    body = new_message(html="<p>canary-in-the-body</p>", subject="canary-subject")
    message_id = api.post("/messages", body, headers=KEY).json["id"]
    with sessions() as session:
        (row,) = session.execute(text("SELECT * FROM idempotency_records")).mappings().all()
        assert row["resource_id"] == message_id
        assert "canary" not in str(dict(row))
        assert len(bytes(row["digest"])) == 32


def test_records_go_after_two_days(api: ApiClient, sessions: Sessions) -> None:
    api.post("/messages", new_message(), headers=KEY)
    with sessions.begin() as session:
        assert purge_idempotency_records(session, NOW + timedelta(days=2)) == 0
        assert purge_idempotency_records(session, NOW + timedelta(days=2, seconds=1)) == 1
        assert session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0
