"""Connected accounts: written down, listed, disconnected. Tokens go in and come out sealed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.install.failures import InstallError
from core.ports import Feature, Identity, Tokens
from core.storage.accounts import User
from core.storage.connections import Connection
from core.storage.identifiers import create_id
from core.storage.sealing import Sealer

KNOWN_PROVIDERS: Final = {"google": "Google", "microsoft": "Microsoft"}


class ConnectionState(StrEnum):
    """How a connection stands."""

    CONNECTED = "connected"
    RECONNECT = "reconnect"  # the provider no longer honours it; its user must grant it again
    DISCONNECTED = "disconnected"  # all but the fact that there was one is erased


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as pages show it."""

    id: str
    provider: str
    email: str | None
    state: ConnectionState
    scopes: frozenset[str]
    created_at: datetime
    has_tokens: bool


def place(connection_id: str, field: str) -> str:
    """Name the place that a token is sealed for."""
    return f"connections:{connection_id}:{field}"


def find_by_subject(session: Session, provider: str, subject: str) -> Connection | None:
    """Return the connection of a provider's account, locked; None if there is none. A disconnected one has none."""
    asked = select(Connection).where(Connection.provider == provider, Connection.subject == subject)
    return session.scalars(asked.with_for_update()).one_or_none()


def record_connection(session: Session, user: User, provider: str, identity: Identity, now: datetime) -> Connection:
    """Return the connection of `user` with this account, made if need be. Raises InstallError if another has it."""
    found = find_by_subject(session, provider, identity.subject)
    if found is not None and found.user_id != user.id:
        text = "Another person here has connected this account. They can disconnect it on their settings page."
        raise InstallError("Connected by someone else", f"{text} Nothing was changed.", status=409)
    row = found or Connection(
        id=create_id(),
        workspace_id=user.workspace_id,
        user_id=user.id,
        provider=provider,
        subject=identity.subject,
        state=ConnectionState.CONNECTED,
        scopes="",
        token_version=0,
        created_at=now,
    )
    row.email = identity.email
    row.changed_at = now
    session.add(row)
    session.flush()
    return row


def record_tokens(row: Connection, sealer: Sealer, tokens: Tokens, now: datetime) -> None:
    """Seal what was granted into its row; a refresh token that the provider did not send anew is kept."""
    row.access_token = sealer.seal(tokens.access_token, place(row.id, "access_token"))
    if tokens.refresh_token is not None:
        row.refresh_token = sealer.seal(tokens.refresh_token, place(row.id, "refresh_token"))
    row.scopes = " ".join(sorted(tokens.scopes))
    row.expires_at = tokens.expires_at
    row.state = ConnectionState.CONNECTED
    row.token_version += 1
    row.refreshing_until = None
    row.changed_at = now


def list_connections(session: Session, user_id: str) -> list[ConnectionView]:
    """List a user's connections, oldest first."""
    rows = session.scalars(
        select(Connection)
        .where(Connection.user_id == user_id, Connection.state != ConnectionState.DISCONNECTED)
        .order_by(Connection.created_at, Connection.id)
    )
    return [view(row) for row in rows]


def needs_user(session: Session, user_id: str) -> bool:
    """Say whether a user has a connection to be granted again."""
    own = select(Connection.id).where(Connection.user_id == user_id, Connection.state == ConnectionState.RECONNECT)
    return session.scalar(own.limit(1)) is not None


def find_connection(session: Session, user_id: str, connection_id: str) -> ConnectionView | None:
    """Return a user's own connection; None where there is none of this id, another's included."""
    row = session.get(Connection, connection_id)
    if row is None or row.user_id != user_id or row.state == ConnectionState.DISCONNECTED:
        return None
    return view(row)


def view(row: Connection) -> ConnectionView:
    """Show a row without its tokens."""
    return ConnectionView(
        row.id,
        row.provider,
        row.email,
        ConnectionState(row.state),
        frozenset(row.scopes.split()),
        row.created_at,
        row.refresh_token is not None,
    )


def erase_connection(session: Session, user_id: str, connection_id: str, now: datetime) -> bool:
    """Erase tokens, scopes and the account's identity. Return whether there was a connection of this user."""
    row = session.get(Connection, connection_id, with_for_update=True)
    if row is None or row.user_id != user_id or row.state == ConnectionState.DISCONNECTED:
        return False
    row.subject = row.email = row.access_token = row.refresh_token = row.expires_at = row.refreshing_until = None
    row.scopes = ""
    row.state = ConnectionState.DISCONNECTED
    row.token_version += 1
    row.changed_at = now
    return True


def sort_features(features: Iterable[Feature], granted: frozenset[str]) -> tuple[list[Feature], list[Feature]]:
    """Split features into those that work with what was granted, and the others."""
    ready = [feature for feature in features if feature.is_ready]
    working = [feature for feature in ready if feature.scopes <= granted]
    return working, [feature for feature in ready if feature not in working]
