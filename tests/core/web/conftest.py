"""Fixtures of the pages: an app on real databases, and a browser signed in to it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import Clock, PageClient, sign_in


@pytest.fixture
def clock() -> Clock:
    """The clock of the pages."""
    return Clock()


@pytest.fixture
def services(
    settings: Settings, ring: KeyRing, engine: Engine, sessions: Sessions, reading_sessions: Sessions, clock: Clock
) -> WebServices:
    """What the pages work with; no API."""
    return WebServices(
        settings=settings,
        keys=ring,
        engine=engine,
        sessions=sessions,
        reading_sessions=reading_sessions,
        clock=clock,
        geo_credit=lambda: [("IP Geolocation by DB-IP", "https://db-ip.com")],
    )


@pytest.fixture
def app(services: WebServices) -> Flask:
    """The app of the pages."""
    return create_app(services)


@pytest.fixture
def stranger(app: Flask) -> PageClient:
    """A browser that is not signed in."""
    return PageClient(app)


@pytest.fixture
def browser(app: Flask, services: WebServices, owner: User) -> PageClient:
    """A browser that the owner is signed in with."""
    return sign_in(app, services, owner)
