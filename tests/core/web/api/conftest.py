"""The API on both databases."""

from __future__ import annotations

import pytest

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import User
from tests.support.api import ApiClient, create_client


@pytest.fixture
def api(settings: Settings, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User) -> ApiClient:
    """The API with a token of the owner."""
    return create_client(settings, sessions, reading_sessions, ring, owner)
