"""The API inside the whole web application: its own body limit, no forms' protection, problems and not pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import User
from core.web.api import create_api
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.api import ApiClient, build_services, new_message

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def client(
    api: ApiClient, settings: Settings, engine: Engine, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing
) -> FlaskClient:
    """A client of the whole application; `api` has a token for it."""
    services = WebServices(
        settings=settings,
        keys=ring,
        engine=engine,
        sessions=sessions,
        reading_sessions=reading_sessions,
        blueprints=(create_api(build_services(settings, sessions, reading_sessions, ring, api.judge)),),
    )
    return create_app(services).test_client()


def call(client: FlaskClient, api: ApiClient, method: str, path: str, **options: Any) -> Any:
    """Call a route with the token, on the loopback host that pages answer on."""
    headers = {"Authorization": f"Bearer {api.token}"}
    return client.open("/api/v1" + path, method=method, headers=headers, base_url="http://127.0.0.1:8000", **options)


def test_a_long_body_is_taken_without_a_forms_token(client: FlaskClient, api: ApiClient, owner: User) -> None:
    response = call(client, api, "POST", "/messages", json=new_message(html="<p>x</p>" * 50_000))
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers


def test_errors_are_problems_and_not_pages(client: FlaskClient, api: ApiClient) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PUT", "/messages", 405),
        ("GET", "/messages?limit=0", 400),
        ("POST", "/messages", 415),
    ):
        response = call(client, api, method, path)
        assert (response.status_code, response.content_type) == (status, "application/problem+json"), path
        assert response.json["instance"] == f"urn:request:{response.headers['X-Request-Id']}"
    response = client.get("/api/v1/messages", base_url="http://127.0.0.1:8000")
    assert (response.status_code, response.content_type) == (401, "application/problem+json")


def test_it_does_not_answer_under_a_strange_name(client: FlaskClient, api: ApiClient) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    response = client.get("/api/v1/messages", headers=headers, base_url="http://evil.example")
    assert response.status_code == 421
    assert response.content_type == "application/problem+json"
