"""Tests of `core.accounts.install.refreshing` and `resealing`, against a provider that rotates refresh tokens."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts.install.connections import place, record_tokens
from core.accounts.install.refreshing import LEASE, TokenSource
from core.accounts.install.resealing import reseal_tokens
from core.errors import ProviderError, ReauthorisationError, UnavailableError
from core.keys import KeyRing, create_key, parse_keys
from core.ports import Tokens
from core.storage.engine import Sessions, open_engine, open_reading_sessions, open_sessions
from core.storage.models import Connection, Notice, User
from core.storage.sealing import Sealer
from tests.conftest import SECRET_KEYS
from tests.fakes.openid import OpenIdProvider, serve
from tests.support.openid import REPLIES, SEND, make_google
from tests.support.pages import Clock

FIRST = "refresh-first"


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
def connection(sessions: Sessions, owner: User, ring: KeyRing, clock: Clock) -> str:
    """A connection whose access token has ended."""
    return add_connection(sessions, owner, ring, clock.now)


def add_connection(sessions: Sessions, owner: User, ring: KeyRing, now: datetime, subject: str = "ann-1") -> str:
    """Add a connection."""
    sealer = Sealer(ring)
    with sessions.begin() as session:
        row = Connection(
            workspace_id=owner.workspace_id,
            user_id=owner.id,
            provider="google",
            subject=subject,
            state="connected",
            scopes=f"{REPLIES} {SEND}",
            token_version=0,
            expires_at=now - timedelta(minutes=1),
            created_at=now,
            changed_at=now,
        )
        session.add(row)
        session.flush()
        row.access_token = sealer.seal("access-first", place(row.id, "access_token"))
        row.refresh_token = sealer.seal(FIRST, place(row.id, "refresh_token"))
        return row.id


@pytest.fixture
def source(
    provider: OpenIdProvider, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, clock: Clock
) -> TokenSource:
    """What hands out tokens."""
    return make_source(provider, sessions, reading_sessions, ring, clock)


def make_source(
    provider: OpenIdProvider, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, clock: Clock
) -> TokenSource:
    """Make what a process has."""
    return TokenSource({"google": make_google(provider, clock)}, sessions, reading_sessions, lambda: ring, clock)


def read(sessions: Sessions, connection: str) -> Connection:
    """Return the row."""
    with sessions() as session:
        return session.get_one(Connection, connection)


def test_a_token_that_ended_is_renewed_once_and_then_handed_out(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions, ring: KeyRing
) -> None:
    token = source.access_token(connection)
    assert token.startswith("access-")
    assert token != "access-first"
    assert source.access_token(connection) == token
    assert provider.refreshes == 1
    row = read(sessions, connection)
    assert row.refresh_token is not None
    assert Sealer(ring).open(row.refresh_token, place(connection, "refresh_token")) != FIRST
    assert row.refreshing_until is None


def test_a_token_that_the_provider_refused_is_renewed_though_it_seems_good(
    source: TokenSource, connection: str, provider: OpenIdProvider
) -> None:
    token = source.access_token(connection)
    assert source.access_token(connection, rejected=token) != token
    assert provider.refreshes == 2


def test_a_revoked_grant_asks_for_its_user_once_and_is_no_loop(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions
) -> None:
    provider._live.clear()
    for _ in range(3):
        with pytest.raises(ReauthorisationError):
            source.access_token(connection)
    assert provider.refused == 1
    row = read(sessions, connection)
    assert (row.state, row.access_token, row.refresh_token) == ("reconnect", None, None)
    assert read_notices(sessions) == [(row.user_id, "connection.reconnect")]


def read_notices(sessions: Sessions) -> list[tuple[str, str]]:
    """Return whom was told what."""
    with sessions() as session:
        return [(notice.user_id, notice.kind) for notice in session.scalars(select(Notice).order_by(Notice.id))]


def test_every_turn_is_told_of_once_also_when_two_find_it_at_once(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions, ring: KeyRing, clock: Clock
) -> None:
    provider.token_error = "invalid_grant"
    for turn in (1, 2):
        threads = [threading.Thread(target=ask_in_vain, args=(source, connection)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(read_notices(sessions)) == turn
        with sessions.begin() as session:  # its user grants it again
            row = session.get_one(Connection, connection)
            tokens = Tokens("access", "refresh", clock.now - timedelta(minutes=1), frozenset({REPLIES, SEND}))
            record_tokens(row, Sealer(ring), tokens, clock.now)


def ask_in_vain(source: TokenSource, connection: str) -> None:
    """Ask for a token that there is none of."""
    with pytest.raises(ReauthorisationError):
        source.access_token(connection)


def test_a_narrowed_grant_asks_for_its_user_and_remembers_what_it_was(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions
) -> None:
    provider.grants = {REPLIES}
    with pytest.raises(ReauthorisationError):
        source.access_token(connection)
    row = read(sessions, connection)
    assert row.state == "reconnect"
    assert set(row.scopes.split()) == {REPLIES, SEND}
    assert row.refresh_token is not None  # so that disconnecting can revoke it


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ("server_error", 503, UnavailableError),
        ("temporarily_unavailable", 400, UnavailableError),
        ("invalid_client", 400, ProviderError),
    ],
)
def test_a_provider_that_does_not_answer_changes_nothing(
    source: TokenSource,
    connection: str,
    provider: OpenIdProvider,
    sessions: Sessions,
    error: str,
    status: int,
    kind: type[Exception],
) -> None:
    provider.token_error, provider.token_status = error, status
    with pytest.raises(kind):
        source.access_token(connection)
    row = read(sessions, connection)
    assert (row.state, row.refreshing_until) == ("connected", None)
    provider.token_error = None
    assert source.access_token(connection)


def test_tokens_sealed_with_a_key_not_held_here_do_not_bother_the_user(
    provider: OpenIdProvider, connection: str, sessions: Sessions, reading_sessions: Sessions, clock: Clock
) -> None:
    source = make_source(provider, sessions, reading_sessions, parse_keys(create_key()), clock)
    with pytest.raises(UnavailableError):
        source.access_token(connection)
    assert read(sessions, connection).state == "connected"


def test_a_lease_whose_holder_died_ends_by_itself(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as session:
        session.get_one(Connection, connection).refreshing_until = clock.now + LEASE
    waits = 0

    def wait(_seconds: float) -> None:
        nonlocal waits
        waits += 1
        clock.now += timedelta(seconds=10)

    source._wait = wait
    assert source.access_token(connection)
    assert (waits, provider.refreshes) == (6, 1)


def test_who_waits_for_too_long_is_told_to_come_again(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as session:
        session.get_one(Connection, connection).refreshing_until = clock.now + LEASE
    source._wait = lambda seconds: None
    with pytest.raises(UnavailableError):
        source.access_token(connection)
    assert provider.refreshes == 0


def test_a_refresh_overtaken_by_a_disconnect_writes_nothing(
    source: TokenSource, connection: str, provider: OpenIdProvider, sessions: Sessions, clock: Clock
) -> None:
    lease = source._take_lease(connection, None)
    assert lease is not None
    with sessions.begin() as session:
        row = session.get_one(Connection, connection)
        row.state, row.refresh_token, row.access_token = "disconnected", None, None
        row.token_version += 1
    with pytest.raises(ReauthorisationError):
        source._renew(connection, lease)
    row = read(sessions, connection)
    assert (row.state, row.access_token, row.refresh_token) == ("disconnected", None, None)


def race(database_url: str, provider_url: str, connection: str, now: datetime, file: str) -> None:
    """Be one of several processes that want a token at once."""
    engine = open_engine(database_url)
    provider, clock = OpenIdProvider(url=provider_url), Clock(now)
    source = make_source(provider, open_sessions(engine), open_reading_sessions(engine), parse_keys(SECRET_KEYS), clock)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(source.access_token(connection))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    Path(file).write_text("\n".join(found))


def test_two_processes_never_use_up_a_rotating_refresh_token(
    database_url: str, connection: str, provider: OpenIdProvider, clock: Clock, sessions: Sessions, tmp_path: Path
) -> None:
    provider.delay_seconds = 1.0
    files = [str(tmp_path / name) for name in ("one", "two")]
    context = multiprocessing.get_context("spawn")
    racers = [
        context.Process(target=race, args=(database_url, provider.url, connection, clock.now, file)) for file in files
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0]
    tokens = [token for file in files for token in Path(file).read_text().splitlines()]
    assert len(tokens) == 6
    assert len(set(tokens)) == 1
    assert (provider.refreshes, provider.refused) == (1, 0)
    assert read(sessions, connection).state == "connected"


def test_rotated_keys_take_over_in_batches_and_the_old_key_can_go(
    sessions: Sessions, owner: User, ring: KeyRing, clock: Clock
) -> None:
    ids = [add_connection(sessions, owner, ring, clock.now, subject=str(number)) for number in range(5)]
    new = parse_keys(create_key())
    both = KeyRing(new.keys + ring.keys)
    assert reseal_tokens(sessions, both, batch=2) == 10
    assert reseal_tokens(sessions, both, batch=2) == 0
    for connection in ids:
        row = read(sessions, connection)
        assert row.refresh_token is not None
        assert Sealer(new).open(row.refresh_token, place(connection, "refresh_token")) == FIRST


def test_resealing_goes_on_past_a_token_that_does_not_open(
    sessions: Sessions, owner: User, ring: KeyRing, clock: Clock
) -> None:
    lost = add_connection(sessions, owner, parse_keys(create_key()), clock.now, subject="lost")
    kept = add_connection(sessions, owner, ring, clock.now, subject="kept")
    before = read(sessions, lost).refresh_token
    new = KeyRing(parse_keys(create_key()).keys + ring.keys)
    assert reseal_tokens(sessions, new) == 2
    assert read(sessions, lost).refresh_token == before
    assert Sealer(new).is_current(read(sessions, kept).refresh_token or b"", place(kept, "refresh_token"))


def test_a_refresh_meanwhile_and_a_resealing_leave_the_newer_token(
    source: TokenSource, connection: str, sessions: Sessions, ring: KeyRing
) -> None:
    lease = source._take_lease(connection, None)
    assert lease is not None
    both = KeyRing(parse_keys(create_key()).keys + ring.keys)
    assert reseal_tokens(sessions, both) == 2
    source._ring = lambda: both
    token = source._renew(connection, lease)
    assert source.access_token(connection) == token
