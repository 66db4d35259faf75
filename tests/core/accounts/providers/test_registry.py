"""Providers follow their credentials: the environment first, then what was pasted in, without a restart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from connectors.gmail.oauth import FEATURES as GOOGLE_FEATURES
from connectors.gmail.oauth import IDENTITY as GOOGLE_IDENTITY
from connectors.gmail.oauth import GoogleProvider
from connectors.outlook.oauth import FEATURES as MICROSOFT_FEATURES
from connectors.outlook.oauth import IDENTITY as MICROSOFT_IDENTITY
from core.accounts.install.resealing import reseal_tokens
from core.accounts.providers.consoles import CONSOLES
from core.accounts.providers.credentials import ClientCredentials, Source, place, remove_credentials, store_credentials
from core.accounts.providers.registry import ProviderRegistry
from core.keys import KEY_ID_BYTES, Key, KeyRing
from core.storage.engine import Sessions
from core.storage.models import ProviderCredential, User
from core.storage.sealing import Sealer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASTED = ClientCredentials("pasted-client", "pasted-secret", None, Source.PASTED)


class Ticks:
    """A clock that the test moves, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """The registry's clock."""
    return Ticks()


def make_registry(
    reading_sessions: Sessions, ring: KeyRing, ticks: Ticks, environment: dict[str, ClientCredentials] | None = None
) -> ProviderRegistry:
    """Make a registry that can build Google."""
    builders = {"google": lambda found: GoogleProvider(found.client_id, found.client_secret, "https://a.example")}
    return ProviderRegistry(builders, environment or {}, reading_sessions, lambda: ring, ticks)


def paste(sessions: Sessions, ring: KeyRing, owner: User, secret: str = "pasted-secret", at: datetime = NOW) -> None:
    """Paste Google's credentials in, as another process does."""
    given = ClientCredentials("pasted-client", secret, None, Source.PASTED)
    with sessions.begin() as session:
        store_credentials(session, Sealer(ring), "google", given, owner.id, at)


def test_what_was_pasted_in_works_within_a_second_and_goes_again(
    sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User, ticks: Ticks
) -> None:
    registry = make_registry(reading_sessions, ring, ticks)
    assert (list(registry), len(registry), "google" in registry) == ([], 0, False)
    paste(sessions, ring, owner)
    ticks.now = 1.1
    assert registry.credentials() == {"google": PASTED}
    first = registry["google"]
    assert registry["google"] is first
    paste(sessions, ring, owner, "another-secret", NOW.replace(minute=1))
    ticks.now = 2.2
    assert registry["google"] is not first
    with sessions.begin() as session:
        assert remove_credentials(session, "google")
    registry.forget()
    assert registry.get("google") is None


def test_the_environment_wins(
    sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User, ticks: Ticks
) -> None:
    paste(sessions, ring, owner)
    own = ClientCredentials("own-client", "own-secret")
    registry = make_registry(reading_sessions, ring, ticks, {"google": own})
    assert registry.credentials() == {"google": own}


def test_the_secret_is_sealed_into_its_row_and_follows_the_newest_key(
    sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User, ticks: Ticks
) -> None:
    paste(sessions, ring, owner)
    newer = KeyRing((Key(b"n" * KEY_ID_BYTES, b"n" * 32), *ring.keys))
    with sessions() as session:
        row = session.scalars(select(ProviderCredential)).one()
        assert b"pasted-secret" not in row.client_secret
        assert not Sealer(newer).is_current(row.client_secret, place(row.id))
    assert reseal_tokens(sessions, newer) == 1
    assert reseal_tokens(sessions, newer) == 0
    assert make_registry(reading_sessions, newer, ticks).credentials() == {"google": PASTED}
    stranger = KeyRing((Key(b"s" * KEY_ID_BYTES, b"s" * 32),))
    assert make_registry(reading_sessions, stranger, ticks).credentials() == {}


def test_the_consoles_list_the_scopes_that_the_connectors_ask_for() -> None:
    asked = {
        "google": GOOGLE_IDENTITY.union(*(found.scopes for found in GOOGLE_FEATURES if found.is_ready)),
        "microsoft": MICROSOFT_IDENTITY.union(*(found.scopes for found in MICROSOFT_FEATURES if found.is_ready)),
    }
    assert {console.provider: set(console.scopes) for console in CONSOLES} == asked
