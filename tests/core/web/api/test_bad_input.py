"""What cannot be used is refused with one clear problem detail (RFC 9457), and nothing half done is left behind."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from core.storage.engine import Sessions
from core.storage.models import Message
from core.web.api import blueprint, message_routes
from core.web.api.problems import KINDS
from tests.support.api import ApiClient, new_message

ID = "0" * 32
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def check_problem(response: Any, status: int) -> dict[str, Any]:
    """Check the form of a problem detail and return it."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = response.json
    slug, title = KINDS[status]
    assert problem["type"] == f"urn:mailerplex:problem:{slug}"
    assert (problem["title"], problem["status"]) == (title, status)
    assert problem["detail"]
    assert "\n" not in problem["detail"]
    assert "Traceback" not in response.text
    assert problem["instance"].startswith("urn:request:")
    return problem


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"links": ["https://example.com", "ftp://example.com/x"]}, "/links/1", "not an http or https URL"),
        ({"links": ["javascript:alert(1)"]}, "/links/0", "not an http or https URL"),
        ({"links": ["https://example.com/" + "x" * 9000]}, "/links/0", "at most 8192 characters"),
        ({"links": [5]}, "/links/0", "valid string"),
        ({"links": "https://example.com"}, "/links", "array"),
        ({"extra": 1}, "/extra", "not a field"),
        ({"a/b~c": 1}, "/a~1b~0c", "not a field"),
        ({"recipients": []}, "/recipients", "at least 1"),
        ({"recipients": [{"address": "ann"}]}, "/recipients/0/address", "not an e-mail address"),
        ({"recipients": [{"address": "a\u0000n@example.com"}]}, "/recipients/0/address", "not an e-mail address"),
        ({"recipients": [{"address": f"{'a' * 330}@example.com"}]}, "/recipients/0/address", "at most 320"),
        ({"recipients": [{"address": "a@b.example", "kind": "from"}]}, "/recipients/0/kind", "'to', 'cc' or 'bcc'"),
        ({"recipients": [{"address": f"a{n}@b.example"} for n in range(501)]}, "/recipients", "at most 500"),
        ({"sender": "nobody"}, "/sender", "not an e-mail address"),
        ({"mode": "each"}, "/mode", "per_recipient"),
        ({"sent_at": "yesterday"}, "/sent_at", "RFC 3339"),
        ({"sent_at": "2026-11-22T09:00:00"}, "/sent_at", "zone"),
        ({"sent_at": "0001-01-01T00:00:00+23:59"}, "/sent_at", "RFC 3339"),
        ({"sent_at": "1900-01-01T00:00:00Z"}, "/sent_at", "1970"),
        ({"sent_at": 1700000000}, "/sent_at", "RFC 3339"),
        ({"html": 7}, "/html", "valid string"),
    ],
)
@SQLITE
def test_a_wrong_field_is_named(
    api: ApiClient, sessions: Sessions, fields: dict[str, Any], pointer: str, words: str
) -> None:
    problem = check_problem(api.post("/messages", new_message(**fields)), 422)

    assert problem["errors"][0]["pointer"] == pointer
    assert words in problem["errors"][0]["detail"]
    assert words in problem["detail"]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nope",
        b'{"subject": "\xff\xfe"}',
        b"\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 5000,
        json.dumps(new_message()).encode("utf-16"),
    ],
)
@SQLITE
def test_what_is_no_json_is_refused(api: ApiClient, raw: bytes) -> None:
    response = api.post("/messages", data=raw, content_type="application/json")
    check_problem(response, 400)
    assert "JSON" in response.json["detail"]


@SQLITE
def test_a_number_of_thousands_of_digits_is_refused(api: ApiClient) -> None:
    raw = b'{"subject": ' + b"9" * 50_000 + b"}"
    check_problem(api.post("/messages", data=raw, content_type="application/json"), 400)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
@SQLITE
def test_a_body_of_another_type_is_refused(api: ApiClient, kind: str | None) -> None:
    check_problem(api.post("/messages", data=json.dumps(new_message()), content_type=kind), 415)


@SQLITE
def test_a_body_that_is_too_large_is_refused(api: ApiClient) -> None:
    raw = b'{"subject": "' + b"x" * message_routes.MESSAGE_BODY_BYTES + b'"}'
    check_problem(api.post("/messages", data=raw, content_type="application/json"), 413)
    raw = b'{"at": "' + b"x" * 70_000 + b'"}'
    check_problem(api.post(f"/messages/{ID}/viewed", data=raw, content_type="application/json"), 413)


@SQLITE
def test_more_rewriting_than_one_request_may_ask_for_is_refused(api: ApiClient) -> None:
    people = [{"address": f"a{n}@example.com"} for n in range(400)]
    problem = check_problem(
        api.post("/messages", new_message(html="x" * 100_000, recipients=people, mode="per_recipient")), 422
    )
    assert "fewer recipients" in problem["detail"]
    problem = check_problem(api.post("/messages", new_message(html="ä" * 5_000_001)), 422)
    assert "10000000" in problem["detail"]
    links = [f"https://example.com/{n}" for n in range(600)]
    check_problem(api.post("/messages", new_message(links=links, recipients=people, mode="per_recipient")), 422)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("recipent=a", "recipent"),
        ("status=gone", "status"),
        ("since=today", "since"),
        ("q=a%00b", "q"),
        ("q=" + "x" * 201, "q"),
        ("cursor=zz", "cursor"),
        ("%ff%fe=1", "%FF%FE"),
    ],
)
@SQLITE
def test_a_wrong_parameter_is_named(api: ApiClient, query: str, parameter: str) -> None:
    problem = check_problem(api.get(f"/messages?{query}"), 400)
    assert problem["errors"][0]["parameter"] == parameter
    assert problem["detail"].startswith(parameter)


@pytest.mark.parametrize("identifier", ["x", "0" * 31, "0" * 33, "A" * 32, "0" * 32, "٠" * 32, "..", "%00", "%ff"])
@SQLITE
def test_ids_that_are_none_are_not_found(api: ApiClient, identifier: str) -> None:
    for method, path, body in (
        ("GET", f"/messages/{identifier}", None),
        ("DELETE", f"/messages/{identifier}", None),
        ("GET", f"/messages/{identifier}/events", None),
        ("POST", f"/messages/{identifier}/viewed", None),
        ("POST", f"/events/{identifier}/correction", {"verdict": "human"}),
    ):
        check_problem(api.call(method, path, body), 404)


@SQLITE
def test_addresses_that_are_none_are_refused(api: ApiClient) -> None:
    for address in ("ann", "a%00n@example.com", "%ff", "a@", "@b", "a b@example.com"):
        check_problem(api.get(f"/recipients/{address}"), 400)
        check_problem(api.call("DELETE", f"/recipients/{address}"), 400)


@SQLITE
def test_other_methods_and_paths_are_refused(api: ApiClient) -> None:
    response = api.call("PATCH", "/messages")
    check_problem(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, POST"
    check_problem(api.call("OPTIONS", f"/messages/{ID}"), 405)
    check_problem(api.call("PUT", "/openapi.json"), 405)
    for path in ("/nothing", "/", "/messages/", f"/messages/{ID}/else", "/recipients"):
        check_problem(api.get(path), 404)


@pytest.mark.parametrize("key", ["", "with blank", "x" * 201, "ü"])
@SQLITE
def test_a_wrong_idempotency_key_is_refused(api: ApiClient, key: str) -> None:
    problem = check_problem(api.post("/messages", new_message(), headers={"Idempotency-Key": key}), 400)
    assert problem["errors"][0]["parameter"] == "Idempotency-Key"


@SQLITE
def test_an_unexpected_failure_tells_a_reference_and_nothing_else(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret ann@example.com")

    monkeypatch.setattr(message_routes, "list_messages", fail)

    response = api.get("/messages")

    problem = check_problem(response, 500)
    assert problem["instance"].removeprefix("urn:request:") in problem["detail"]
    assert "secret" not in response.text
    written = "".join(capsys.readouterr())
    assert "RuntimeError" in written
    assert "ann@example.com" not in written


@SQLITE
def test_a_database_that_does_not_answer_is_unavailable(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {"address": "ann@example.com"}, Exception("gone"))

    monkeypatch.setattr(message_routes, "list_messages", fail)

    response = api.get("/messages")

    check_problem(response, 503)
    assert response.headers["Retry-After"] == "5"
    assert "ann@example.com" not in response.text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(["subject", "sender", "recipients", "links", "html", "mode", "sent_at", "verdict", "at"])
_BODIES = (
    st.fixed_dictionaries({}, optional=dict.fromkeys(("subject", "sender", "html", "mode", "sent_at"), _JSON))
    | st.dictionaries(_FIELDS, _JSON)
    | st.builds(
        lambda subject, name, url, html: new_message(
            subject=subject, recipients=[{"address": "a@b.example", "name": name}], links=[url], html=html
        ),
        st.text(),
        st.text(),
        st.text().map("https://".__add__),
        st.text(),
    )
    | _JSON
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_BODIES, path=st.sampled_from(["/messages", f"/messages/{ID}/viewed", f"/events/{ID}/correction"]))
def test_no_json_makes_the_server_fail(api: ApiClient, body: Any, path: str) -> None:
    response = api.post(path, data=json.dumps(body), content_type="application/json")
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        check_problem(response, response.status_code)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200), path=st.sampled_from(["/messages", f"/messages/{ID}/viewed"]))
@SQLITE
def test_no_bytes_make_the_server_fail(api: ApiClient, raw: bytes, path: str) -> None:
    assert api.post(path, data=raw, content_type="application/json").status_code < 500


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(st.sampled_from(["q", "recipient", "status", "since", "cursor", "limit"]), st.text()),
    path=st.sampled_from([*blueprint.OPERATIONS, None]),
    part=st.text(),
)
def test_no_query_or_path_makes_the_server_fail(api: ApiClient, query: dict[str, str], path: Any, part: str) -> None:
    quoted = quote(part.encode("utf-8", "surrogatepass"), safe="")
    target = f"/{quoted}" if path is None else path.path.replace("{", "").replace("}", "").replace("address", quoted)
    response = api.get(target, query_string=query)
    assert response.status_code < 500, response.text
