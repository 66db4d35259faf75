from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from flask import Blueprint, Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError, UnavailableError
from core.web.access import PUBLIC, access, find_access
from core.web.factory import create_app
from core.web.hosts import is_served
from core.web.services import WebServices
from tests.support.pages import PageClient

# What has nothing to do with the kind of database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def make_app_that_fails(services: WebServices) -> PageClient:
    broken = Blueprint("broken", __name__)

    @broken.get("/broken/<kind>")
    @broken.get("/api/broken/<kind>")
    @access(PUBLIC)
    def fail(kind: str) -> str:
        raise {"bug": KeyError("ann@example.com"), "input": InputError("Say more."), "away": UnavailableError("Wait.")}[
            kind
        ]

    @broken.get("/unmarked")
    def forget_the_mark() -> str:
        return "seen"

    return PageClient(create_app(replace(services, blueprints=(broken,))))


@ON_SQLITE
def test_every_route_says_who_may_call_it(app: Flask) -> None:
    unmarked = [
        rule.rule for rule in app.url_map.iter_rules() if find_access(app.view_functions[rule.endpoint]) is None
    ]
    assert unmarked == []


@ON_SQLITE
def test_a_view_without_a_mark_is_refused(services: WebServices) -> None:
    assert make_app_that_fails(services).get("/unmarked").status_code == 403


@ON_SQLITE
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("127.0.0.1:4711", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_pages_answer_on_their_own_names_only(app: Flask, host: str, status: int) -> None:
    answer = app.test_client().get("/", headers={"Host": host})
    assert answer.status_code == status


@ON_SQLITE
def test_an_installation_with_a_name_answers_on_it_and_on_loopback(services: WebServices) -> None:
    app = create_app(replace(services, settings=replace(services.settings, public_url="https://t.example.com")))
    for host, status in {
        "t.example.com": 200,
        "t.example.com:443": 200,
        "localhost:8000": 200,
        "example.com": 421,
    }.items():
        assert app.test_client().get("/", headers={"Host": host}).status_code == status
    assert is_served("https://t.example.com", "old.example.com", "/p/token")
    assert app.test_client().get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


@ON_SQLITE
def test_every_answer_carries_the_security_headers(browser: PageClient) -> None:
    for path in ("/", "/activity", "/nothing", "/healthz"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


@ON_SQLITE
def test_pages_hold_no_inline_script_or_style(browser: PageClient) -> None:
    browser.submit("/activity", "/samples")
    for path in ("/activity", "/alerts", "/settings"):
        page = browser.get(path).text
        assert "style=" not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert page.count("<script") == page.count('<script type="module" src=') == 1


@ON_SQLITE
@pytest.mark.parametrize(("kind", "status"), [("bug", 500), ("input", 400), ("away", 503)])
def test_an_error_becomes_a_page_with_a_reference(services: WebServices, kind: str, status: int) -> None:
    answer = make_app_that_fails(services).get(f"/broken/{kind}")
    assert answer.status_code == status
    assert answer.headers["X-Request-Id"] in answer.text
    assert "Traceback" not in answer.text
    assert "ann@example.com" not in answer.text


@ON_SQLITE
@pytest.mark.parametrize(("kind", "status"), [("bug", 500), ("input", 400), ("away", 503)])
def test_below_the_apis_prefix_an_error_is_a_problem_detail(services: WebServices, kind: str, status: int) -> None:
    answer = make_app_that_fails(services).get(f"/api/broken/{kind}")
    assert answer.content_type == "application/problem+json"
    problem = orjson.loads(answer.data)
    assert problem["status"] == status
    assert answer.headers["X-Request-Id"] in problem["instance"]


@ON_SQLITE
def test_a_wrong_method_and_too_much_data_are_said_plainly(browser: PageClient) -> None:
    answer = browser.post("/activity")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert browser.post("/settings/email", {"email": "x" * 100_000}).status_code == 413


def test_a_database_that_is_gone_gives_a_friendly_page(browser: PageClient, services: WebServices) -> None:
    from sqlalchemy import text

    with services.engine.begin() as connection:
        connection.execute(text("ALTER TABLE sessions RENAME TO lost"))
    answer = browser.get("/activity")
    assert answer.status_code in (500, 503)  # a missing table is no outage to PostgreSQL
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_does_not_answer_is_said_to_be_away(services: WebServices) -> None:
    from core.storage.engine import open_engine, open_reading_sessions, open_sessions

    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    down = replace(
        services, engine=engine, sessions=open_sessions(engine), reading_sessions=open_reading_sessions(engine)
    )
    client = PageClient(create_app(down))
    client.flask.set_cookie("mailerplex", "a" * 43, domain="127.0.0.1")
    answer = client.get("/activity")
    assert answer.status_code == 503
    assert "Nothing is lost" in answer.text
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert orjson.loads(ready.data)["parts"]["database"]["status"] == "fail"
    assert "mailerplex_database_up 0.0" in client.get("/metrics").text


@ON_SQLITE
def test_statics_have_names_that_change_with_their_content_and_stay_cached(stranger: PageClient) -> None:
    page = stranger.get("/").text
    start = page.index("/static/")
    path = page[start : page.index('"', start)]
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    packed = stranger.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert stranger.get("/static/000000000000/base.css").status_code == 404
    assert stranger.get("/static/000000000000/../../factory.py").status_code == 404


@ON_SQLITE
def test_the_foot_names_the_operator_and_the_privacy_address(services: WebServices) -> None:
    named = replace(services.settings, operator_name="Example <GmbH>", privacy_email="privacy@example.com")
    page = PageClient(create_app(replace(services, settings=named))).get("/").text
    assert "Example &lt;GmbH&gt;" in page
    assert "mailto:privacy@example.com" in page
    assert "Run by" not in PageClient(create_app(services)).get("/").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(path=st.text(max_size=80), query=st.text(max_size=40), cookie=st.text(max_size=60))
def test_whatever_is_asked_for_no_answer_is_a_failure_of_ours(
    stranger: PageClient, path: str, query: str, cookie: str
) -> None:
    answer = stranger.flask.open(
        environ_overrides={
            "PATH_INFO": "/" + path.encode("utf-8", "replace").decode("latin-1"),
            "QUERY_STRING": query.encode("utf-8", "replace").decode("latin-1"),
            "HTTP_COOKIE": "mailerplex=" + cookie.encode("utf-8", "replace").decode("latin-1"),
            "HTTP_HOST": "127.0.0.1:8000",
        }
    )
    assert answer.status_code < 500
