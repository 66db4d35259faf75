"""The OpenAPI document: valid, complete, and true of the real answers of every route."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.web.api.blueprint import OPERATIONS
from tests.support.api import ApiClient, add_event, new_message

BASE = "urn:document"


@pytest.fixture
def document(api: ApiClient) -> dict[str, Any]:
    """The document as anyone gets it."""
    response = api.client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.get_json()
    return found


def check(document: dict[str, Any], name: str, path: str, response: Any) -> None:
    """Check a real answer of the operation at `path` against its declaration."""
    operation = document["paths"][path][name.lower()]
    declared = operation["responses"][str(response.status_code)]
    if "$ref" in declared:
        declared = document["components"]["responses"][declared["$ref"].rsplit("/", 1)[1]]
    if "content" not in declared:
        assert response.data == b""
        return
    ((content_type, media),) = declared["content"].items()
    assert response.content_type == content_type
    registry: Registry[Any] = Registry().with_resource(BASE, DRAFT202012.create_resource(document))
    schema = {"$ref": BASE + media["schema"]["$ref"]}
    Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        response.json
    )


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    assert document["servers"][0]["url"].endswith("/api/v1")


def test_every_route_is_in_the_document_and_every_other_way_round(api: ApiClient, document: dict[str, Any]) -> None:
    routed = {
        (method, rule.rule.removeprefix("/api/v1").replace("<path:", "{").replace("<", "{").replace(">", "}"))
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in ("api.refuse_other", "api.get_document")
    }
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert routed == described


def test_real_answers_of_every_route_are_as_described(
    api: ApiClient, document: dict[str, Any], sessions: Sessions
) -> None:
    seen = set()

    def call(method: str, template: str, json: Any = None, query: str = "", **parts: str) -> Any:
        response = api.call(method, template.format(**parts) + query, json)
        check(document, method, template, response)
        seen.add((method, template))
        return response

    body = new_message(html='<a href="https://example.com/h">h</a>', recipients=[{"address": "ann@example.com"}] * 2)
    registered = call("POST", "/messages", body).json
    message_id = registered["id"]
    click = add_event(sessions, message_id, kind=Kind.CLICK, link_number=0, country="DE")
    add_event(sessions, message_id, verdict=Verdict.PREFETCH, headers='{"accept": "*/*"}', address_cut="192.0.2.0/24")
    add_event(sessions, message_id, kind=Kind.BOUNCE, verdict=None, client_name=None)
    shared = call("POST", "/messages", new_message(recipients=[{"address": "ann@example.com"}, {"address": "b@b.de"}]))
    add_event(sessions, shared.json["id"])
    call("GET", "/messages", query="?limit=1")
    call("GET", "/messages/{message_id}", message_id=message_id)
    call("GET", "/messages/{message_id}/events", message_id=message_id)
    call("GET", "/events")
    call("POST", "/messages/{message_id}/viewed", {}, message_id=message_id)
    call("POST", "/events/{event_id}/correction", {"verdict": "self"}, event_id=click)
    held = call("GET", "/recipients/{address}", address="ann@example.com").json
    assert held["messages"][0]["events"]
    assert held["messages"][1]["shared_events"]
    call("DELETE", "/recipients/{address}", address="ann@example.com")
    call("DELETE", "/messages/{message_id}", message_id=shared.json["id"])
    assert seen == {(operation.method, operation.path) for operation in OPERATIONS}

    call("POST", "/messages", {"x": 1})
    call("GET", "/messages", query="?limit=x")
    call("GET", "/messages/{message_id}", message_id="0" * 32)
    call("POST", "/events/{event_id}/correction", {"verdict": "x"}, event_id=click)
    call("GET", "/recipients/{address}", address="ann@example.com")
    api.token = "nobody"
    for operation in OPERATIONS:
        parts = {"message_id": message_id, "event_id": click, "address": "a@b.de"}
        assert call(operation.method, operation.path, **parts).status_code == 401


def test_examples_of_bodies_are_what_the_routes_take(api: ApiClient, document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["NewMessage"]
    assert schema["additionalProperties"] is False
    chosen = {"mode", "track_opens", "track_links"}
    assert set(schema["properties"]) == {"subject", "sender", "recipients", "links", "html", "sent_at"} | chosen
    assert schema["properties"]["sent_at"]["anyOf"][0] == {"type": "string", "format": "date-time"}
