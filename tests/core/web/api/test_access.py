"""Who may call: tokens, workspaces, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from core.accounts.api_tokens import create_api_token, revoke_api_token, verify_api_token
from core.errors import InputError
from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import ApiToken, User
from core.web.access import TOKEN, find_access, refuse_unmarked
from core.web.api.blueprint import OPERATIONS
from core.web.api.rate_limit import RateLimiter
from tests.support.api import NOW, ApiClient, add_event, create_client, create_stranger, new_message


def test_every_route_says_who_may_call_it(api: ApiClient) -> None:
    marks = {endpoint: find_access(view) for endpoint, view in api.app.view_functions.items()}
    assert None not in marks.values()
    assert {endpoint for endpoint, mark in marks.items() if mark is not TOKEN} == {
        "api.get_document",
        "api.refuse_other",
    }


def test_an_endpoint_without_a_mark_is_refused() -> None:
    app = Flask("unmarked", static_folder=None)
    refuse_unmarked(app)
    app.add_url_rule("/x", view_func=lambda: "open", endpoint="x")
    assert app.test_client().get("/x").status_code == 403


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer mpx_x", "Bearer \u00fc"])
def test_without_a_valid_token_nothing_is_answered(api: ApiClient, header: str | None) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{message_id}", "0" * 32).replace("{event_id}", "0" * 32)
        headers = {} if header is None else {"Authorization": header}
        response = api.client.open("/api/v1" + path, method=operation.method, headers=headers)
        assert response.status_code == 401, path
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.content_type == "application/problem+json"


def test_a_revoked_token_is_refused_at_once(api: ApiClient, sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        token = verify_api_token(session, api.token, api.clock())
        assert token is not None
        assert not revoke_api_token(session, "0" * 32, token.id, NOW)
        assert revoke_api_token(session, owner.workspace_id, token.id, NOW)
        assert not revoke_api_token(session, owner.workspace_id, token.id, NOW)
    assert api.get("/messages").status_code == 401


def test_the_last_use_is_noted_once_a_minute(api: ApiClient, sessions: Sessions) -> None:
    def used() -> object:
        with sessions() as session:
            token = verify_api_token(session, api.token, api.clock())
            return token and token.used_at

    assert used() is None
    api.get("/messages")
    assert used() == NOW
    api.clock.time = NOW + timedelta(seconds=59)
    api.get("/messages")
    assert used() == NOW
    api.clock.time = NOW + timedelta(seconds=60)
    api.get("/messages")
    assert used() == NOW + timedelta(seconds=60)


def test_a_token_is_kept_as_its_digest_alone(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        token = create_api_token(session, owner, "  my   script ", NOW)
        row = verify_api_token(session, token, NOW)
        assert isinstance(row, ApiToken)
        assert row.name == "my script"
        assert token.startswith("mpx_")
        assert token.encode() not in row.digest
        assert verify_api_token(session, token[:-1] + ("A" if token[-1] != "A" else "B"), NOW) is None
        for name in ("", " ", "x" * 101, "a\0b"):
            with pytest.raises(InputError):
                create_api_token(session, owner, name, NOW)


def test_nothing_of_another_workspace_is_seen_or_touched(
    api: ApiClient,
    settings: Settings,
    sessions: Sessions,
    reading_sessions: Sessions,
    ring: KeyRing,
) -> None:
    stranger = create_client(settings, sessions, reading_sessions, ring, create_stranger(sessions))
    message_id = api.register()["id"]
    event_id = add_event(sessions, message_id)

    assert stranger.get(f"/messages/{message_id}").status_code == 404
    assert stranger.get(f"/messages/{message_id}/events").status_code == 404
    assert stranger.post(f"/messages/{message_id}/viewed").status_code == 404
    assert stranger.call("DELETE", f"/messages/{message_id}").status_code == 404
    assert stranger.post(f"/events/{event_id}/correction", {"verdict": "self"}).status_code == 404
    assert stranger.get("/messages").json["items"] == []
    assert stranger.get("/events").json["items"] == []
    assert stranger.get("/recipients/ann@example.com").status_code == 404
    assert stranger.call("DELETE", "/recipients/ann@example.com").json["recipients"] == 0
    assert api.get(f"/messages/{message_id}").json["counts"]["human"] == 1


def test_a_token_that_asks_too_often_is_told_when_to_come_again(
    settings: Settings,
    sessions: Sessions,
    reading_sessions: Sessions,
    ring: KeyRing,
    owner: User,
    redis_url: str,
) -> None:
    clients = [
        create_client(settings, sessions, reading_sessions, ring, owner, redis_url=redis_url, requests_per_minute=3)
        for _ in range(2)
    ]
    first, second = clients
    second.token = first.token  # another process, the same token
    other = create_client(settings, sessions, reading_sessions, ring, owner, redis_url=redis_url, requests_per_minute=3)

    statuses = [client.get("/messages").status_code for client in (first, second, first, second)]

    assert statuses == [200, 200, 200, 429]
    refused = first.post("/messages", new_message())
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json["type"] == "urn:mailerplex:problem:rate-limited"
    assert other.get("/messages").status_code == 200


def test_without_redis_each_process_counts_by_itself() -> None:
    limiter = RateLimiter("redis://127.0.0.1:1/0", 2)
    assert [limiter.hit("a") is None for _ in range(3)] == [True, True, False]
    assert limiter.hit("b") is None
