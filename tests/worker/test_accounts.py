"""A connected account sends: its sealed token, renewed where it ended, in a call that the provider's server accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.accounts.install.connections import ConnectionState, place
from core.accounts.install.refreshing import TokenSource
from core.errors import ReauthorisationError
from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import Connection, User
from core.storage.sealing import Sealer
from tests.core.accounts.install.test_refreshing import FIRST, add_connection
from tests.fakes.google.gmail import SENT_ID, GmailServer, serve_gmail
from tests.fakes.graph import GraphServer, serve_graph
from tests.fakes.openid import OpenIdProvider, serve
from tests.support.openid import REPLIES, SEND, make_google
from tests.support.pages import Clock
from worker.accounts import open_gmail, open_graph

MAIL = b"From: ann@example.com\r\nTo: ann@example.com\r\nSubject: Hello\r\n\r\nHello\r\n"


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    """A provider that honours the first refresh token."""
    provider = OpenIdProvider()
    provider._live[FIRST] = {"family": "one", "scope": f"openid {REPLIES} {SEND}"}
    with serve(provider):
        yield provider


@pytest.fixture
def gmail() -> Iterator[GmailServer]:
    """Gmail on loopback."""
    with serve_gmail() as server:
        yield server


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    """Microsoft Graph on loopback."""
    with serve_graph() as server:
        yield server


@pytest.fixture
def source(
    provider: OpenIdProvider, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, clock: Clock
) -> TokenSource:
    """What hands out tokens."""
    return TokenSource({"google": make_google(provider, clock)}, sessions, reading_sessions, lambda: ring, clock)


class AnyToken(dict[str, set[str]]):
    """Takes every token but those of `refused` for one with the scope."""

    def __init__(self, scope: str, *refused: str) -> None:
        super().__init__()
        self.scope, self.refused = scope, refused

    def __contains__(self, token: object) -> bool:
        return token not in self.refused

    def __getitem__(self, token: str) -> set[str]:
        return {self.scope}

    def get(self, token: str, default: object = None) -> set[str] | None:  # type: ignore[override]  # of a fake
        return {self.scope} if token in self else None


def test_gmail_is_sent_through_with_a_token_that_was_renewed_for_it(
    gmail: GmailServer,
    source: TokenSource,
    provider: OpenIdProvider,
    settings: Settings,
    sessions: Sessions,
    owner: User,
    ring: KeyRing,
    clock: Clock,
) -> None:
    gmail.scopes = AnyToken(SEND, "access-first")
    connection = add_connection(sessions, owner, ring, clock.now)
    sender = open_gmail(source, replace(settings, google_api_url=gmail.url), connection)
    assert sender.send_message(MAIL) == SENT_ID
    assert (gmail.mails, gmail.complaints) == ([MAIL], [])
    assert provider.refreshes == 1
    assert gmail.tokens != ["access-first"]


def test_a_token_that_gmail_refuses_is_renewed_though_it_seems_good(
    gmail: GmailServer,
    source: TokenSource,
    provider: OpenIdProvider,
    settings: Settings,
    sessions: Sessions,
    owner: User,
    ring: KeyRing,
    clock: Clock,
) -> None:
    gmail.scopes = AnyToken(SEND, "access-first")
    connection = add_connection(sessions, owner, ring, clock.now + timedelta(hours=1))
    assert open_gmail(source, replace(settings, google_api_url=gmail.url), connection).send_message(MAIL) == SENT_ID
    assert gmail.tokens[0] == "access-first"
    assert (len(gmail.tokens), provider.refreshes) == (2, 1)


def test_a_grant_taken_back_turns_the_account_to_reconnect_and_sends_nothing(
    gmail: GmailServer,
    source: TokenSource,
    provider: OpenIdProvider,
    settings: Settings,
    sessions: Sessions,
    owner: User,
    ring: KeyRing,
    clock: Clock,
) -> None:
    gmail.scopes = AnyToken(SEND)
    provider._live.clear()
    connection = add_connection(sessions, owner, ring, clock.now)
    with pytest.raises(ReauthorisationError):
        open_gmail(source, replace(settings, google_api_url=gmail.url), connection).send_message(MAIL)
    assert gmail.mails == []
    with sessions() as session:
        assert session.get_one(Connection, connection).state == ConnectionState.RECONNECT


def test_graph_is_sent_through_with_the_token_that_the_connection_holds(
    graph: GraphServer,
    source: TokenSource,
    settings: Settings,
    sessions: Sessions,
    owner: User,
    ring: KeyRing,
    clock: Clock,
) -> None:
    graph.scopes = {"graph-token": {"Mail.Send"}}
    connection = add_connection(sessions, owner, ring, clock.now + timedelta(hours=1))
    with sessions.begin() as session:
        row = session.get_one(Connection, connection)
        row.provider, row.scopes = "microsoft", "Mail.Send"
        row.access_token = Sealer(ring).seal("graph-token", place(row.id, "access_token"))
    open_graph(source, replace(settings, microsoft_graph_url=graph.url), connection).send_message(MAIL)
    assert (graph.mails, graph.tokens) == ([MAIL], ["graph-token"])
