"""What a token may do, and how often somebody may guess one."""

from __future__ import annotations

import pytest

from core.accounts.api_tokens import create_api_token
from core.accounts.scopes import ALL, MEANINGS, Scope
from core.storage.engine import Sessions
from core.storage.models import User
from core.web.access import Access
from core.web.api.authentication import FAILURES_PER_MINUTE
from core.web.api.blueprint import OPERATIONS
from tests.support.api import NOW, ApiClient


def take(api: ApiClient, sessions: Sessions, owner: User, scopes: frozenset[Scope]) -> None:
    with sessions.begin() as session:
        api.token = create_api_token(session, owner, "narrow", NOW, scopes=scopes)


def test_every_operation_for_tokens_says_which_scope_it_needs() -> None:
    assert [
        operation.name for operation in OPERATIONS if operation.access is Access.TOKEN and not operation.scope
    ] == []
    assert {operation.scope for operation in OPERATIONS} == ALL == set(MEANINGS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_token_without_the_scope_is_told_which_one_it_lacks(
    api: ApiClient, sessions: Sessions, owner: User, operation: object
) -> None:
    take(api, sessions, owner, ALL - {operation.scope})  # type: ignore[attr-defined]  # of OPERATIONS
    path = operation.path.replace("{message_id}", "0" * 32).replace("{event_id}", "0" * 32)  # type: ignore[attr-defined]
    refused = api.call(operation.method, path)  # type: ignore[attr-defined]
    assert refused.status_code == 403
    assert refused.json["type"] == "urn:mailerplex:problem:forbidden"
    scope = operation.scope  # type: ignore[attr-defined]
    assert f"`{scope}`" in refused.json["detail"]
    assert refused.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'


def test_a_narrow_token_does_what_it_may(api: ApiClient, sessions: Sessions, owner: User) -> None:
    take(api, sessions, owner, frozenset({Scope.READ_MESSAGES}))
    assert api.get("/messages").status_code == 200
    assert api.post("/messages", {}).status_code == 403


def test_the_document_says_what_each_operation_needs(api: ApiClient) -> None:
    document = api.get("/openapi.json").json
    assert document["paths"]["/recipients/{address}"]["delete"]["security"] == [{"token": ["recipients:erase"]}]
    assert "403" in document["paths"]["/messages"]["get"]["responses"]
    for scope in Scope:
        assert scope in document["components"]["securitySchemes"]["token"]["description"]


def test_guessing_tokens_ends_and_a_valid_one_of_the_same_network_goes_on(api: ApiClient) -> None:
    guess = {"Authorization": "Bearer mpx_" + "x" * 43}
    statuses = [api.client.get("/api/v1/messages", headers=guess).status_code for _ in range(FAILURES_PER_MINUTE)]
    assert set(statuses) == {401}
    refused = api.client.get("/api/v1/messages", headers=guess)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert refused.content_type == "application/problem+json"
    assert api.get("/messages").status_code == 200
