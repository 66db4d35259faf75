"""Access tokens for those who act for a user: renewed before they end, by one process at a time.

A lease on the connection's row is what keeps two workers from using up one rotating refresh token; no transaction
stays open while the provider is asked. A lease outlives the longest call, so it only ends early where its holder died.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.install.connections import KNOWN_PROVIDERS, ConnectionState, place, record_tokens
from core.errors import ProviderError, ReauthorisationError, UnavailableError, VerificationError
from core.keys import KeyRing
from core.notices.kinds import NoticeKind
from core.notices.outbox import queue_notice
from core.ports import IdentityProvider, Tokens
from core.storage.accounts import User
from core.storage.connections import Connection
from core.storage.engine import Sessions
from core.storage.sealing import Sealer

log = structlog.get_logger(__name__)

MARGIN: Final = timedelta(minutes=2)
"""How long before its end a token is renewed."""
LEASE: Final = timedelta(seconds=60)
WAIT_SECONDS: Final = 40.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Lease:
    """The right to renew a connection's tokens, and what they were when it was taken."""

    provider: str
    token_version: int
    refresh_token: str
    scopes: frozenset[str]


class TokenSource:
    """Hands out access tokens of connections."""

    def __init__(
        self,
        providers: Mapping[str, IdentityProvider],
        sessions: Sessions,
        reading_sessions: Sessions,
        ring: Callable[[], KeyRing],
        clock: Callable[[], datetime],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._providers = providers
        self._sessions = sessions
        self._reading_sessions = reading_sessions
        self._ring = ring
        self._clock = clock
        self._wait = wait

    def access_token(self, connection_id: str, rejected: str | None = None) -> str:
        """Return a token that is good for some minutes. `rejected` is one that the provider refused before its end.

        Raises ReauthorisationError where only the user can help, UnavailableError where trying again may.
        """
        waited = 0.0
        while waited <= WAIT_SECONDS:
            token = self._read(connection_id)
            if token is not None and token != rejected:
                return token
            lease = self._take_lease(connection_id, rejected)
            if lease is not None:
                return self._renew(connection_id, lease)
            self._wait(_POLL_SECONDS)
            waited += _POLL_SECONDS
        raise UnavailableError("Another process is still renewing this connection.", retry_after_seconds=5)

    def _read(self, connection_id: str) -> str | None:
        """Return the token held if it is good for long enough."""
        with self._reading_sessions() as session:
            row = _require_connected(session, connection_id)
        if row.access_token is None or row.expires_at is None or row.expires_at <= self._clock() + MARGIN:
            return None
        return self._open(row.access_token, connection_id, "access_token")

    def _open(self, sealed: bytes, connection_id: str, field: str) -> str:
        try:
            return Sealer(self._ring()).open(sealed, place(connection_id, field))
        except VerificationError as error:
            # A key that this process does not hold (yet) is no reason to bother the user.
            raise UnavailableError("A connection's tokens do not open with the keys held here.") from error

    def _take_lease(self, connection_id: str, rejected: str | None) -> _Lease | None:
        now = self._clock()
        with self._sessions.begin() as session:
            taken = session.execute(
                update(Connection)
                .where(
                    Connection.id == connection_id,
                    Connection.state == ConnectionState.CONNECTED,
                    or_(Connection.refreshing_until.is_(None), Connection.refreshing_until <= now),
                )
                .values(refreshing_until=now + LEASE)
                .returning(Connection.id)
                .execution_options(synchronize_session=False)
            ).scalar_one_or_none()
            if taken is None:
                return None
            row = session.get_one(Connection, connection_id, populate_existing=True)
            if self._was_renewed(row, rejected):
                row.refreshing_until = None
                return None
            if row.refresh_token is None:
                raise ReauthorisationError("This account was connected without lasting access.")
            refresh_token = self._open(row.refresh_token, connection_id, "refresh_token")
            return _Lease(row.provider, row.token_version, refresh_token, frozenset(row.scopes.split()))

    def _was_renewed(self, row: Connection, rejected: str | None) -> bool:
        """Say whether another process renewed the token between our look and our lease."""
        if row.access_token is None or row.expires_at is None or row.expires_at <= self._clock() + MARGIN:
            return False
        return self._open(row.access_token, row.id, "access_token") != rejected

    def _renew(self, connection_id: str, lease: _Lease) -> str:
        provider = self._providers.get(lease.provider)
        try:
            if provider is None:
                raise UnavailableError(f"The credentials of {lease.provider} are not set.")
            tokens = provider.refresh(lease.refresh_token, lease.scopes)
        except ReauthorisationError:
            self._store(connection_id, lease, None)
            raise
        except (UnavailableError, ProviderError):
            self._release(connection_id, lease)
            raise
        is_narrowed = not lease.scopes <= tokens.scopes
        if not self._store(connection_id, lease, tokens, is_narrowed):
            return self.access_token(connection_id)
        if is_narrowed:
            raise ReauthorisationError("Part of what was granted was taken back.")
        return tokens.access_token

    def _store(self, connection_id: str, lease: _Lease, tokens: Tokens | None, is_narrowed: bool = False) -> bool:
        """Write the outcome down, unless the tokens were written or erased meanwhile. Return whether it was."""
        now = self._clock()
        with self._sessions.begin() as session:
            row = session.get(Connection, connection_id, with_for_update=True)
            if row is None or row.token_version != lease.token_version or row.state == ConnectionState.DISCONNECTED:
                return False
            if tokens is None:
                row.access_token = row.refresh_token = None
                row.token_version += 1
            else:
                former = row.scopes
                record_tokens(row, Sealer(self._ring()), tokens, now)
                row.scopes = former  # what the user had agreed to, so that reconnecting asks for the same
            if tokens is None or is_narrowed:
                _turn_to_reconnect(session, row, now)
            row.refreshing_until = None
            row.changed_at = now
            return True

    def _release(self, connection_id: str, lease: _Lease) -> None:
        with self._sessions.begin() as session:
            session.execute(
                update(Connection)
                .where(Connection.id == connection_id, Connection.token_version == lease.token_version)
                .values(refreshing_until=None)
                .execution_options(synchronize_session=False)
            )


def _turn_to_reconnect(session: Session, row: Connection, now: datetime) -> None:
    """Let a connection stand still until its user grants it again, and tell them: once for each such turn."""
    row.state = ConnectionState.RECONNECT
    log.warning("connection_needs_its_user", provider=row.provider, connection=row.id)
    provider = KNOWN_PROVIDERS.get(row.provider, row.provider)
    facts = {"Provider": provider, "Account": row.email}
    user = session.get_one(User, row.user_id)
    queue_notice(session, user, NoticeKind.RECONNECT, facts, f"reconnect:{row.id}:{row.token_version}", now)
    record_audit(
        session,
        workspace_id=row.workspace_id,
        actor_id=None,
        action=AuditAction.CONNECTION_BROKEN,
        now=now,
        subject=f"connection:{row.id}",
        detail=f"{provider} no longer honours it",
    )


def _require_connected(session: Session, connection_id: str) -> Connection:
    row = session.get(Connection, connection_id)
    if row is None or row.state != ConnectionState.CONNECTED:
        raise ReauthorisationError("This account is not connected any more.")
    return row
