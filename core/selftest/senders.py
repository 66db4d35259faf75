"""What a test message can be sent by: an account whose user allowed it, else the installation's mail server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.install.connections import ConnectionState
from core.alerts.channels import PassingError, PermanentError
from core.alerts.smtp import SmtpClient
from core.errors import ProviderError, UnavailableError
from core.ports import IdentityProvider, MailSender
from core.storage.connections import Connection

SMTP_WAY: Final = "smtp"
SEND_FEATURE: Final = "send"

OpenSender = Callable[[str], MailSender]
"""Opens the sender of a connection by its id."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to send. `name` is the provider's, or "smtp"; `sender` the address that mail comes from."""

    name: str
    sender: str
    connection_id: str | None = None


def find_way(
    session: Session, user_id: str, providers: Mapping[str, IdentityProvider], smtp_sender: str | None
) -> Way | None:
    """Choose what sends for a user: the newest account that allows it, else the mail server; None for neither."""
    rows = session.scalars(
        select(Connection)
        .where(Connection.user_id == user_id, Connection.state == ConnectionState.CONNECTED)
        .order_by(Connection.created_at.desc(), Connection.id)
    )
    for row in rows:
        if row.email is not None and row.refresh_token is not None and can_send(providers.get(row.provider), row):
            return Way(row.provider, row.email, row.id)
    return Way(SMTP_WAY, smtp_sender) if smtp_sender is not None else None


def can_send(provider: IdentityProvider | None, row: Connection) -> bool:
    """Say whether sending was granted."""
    granted = set(row.scopes.split())
    return provider is not None and any(
        feature.name == SEND_FEATURE and feature.is_ready and feature.scopes <= granted for feature in provider.features
    )


class SmtpSender:
    """Sends by the mail server of SMTP_URL; implements `core.ports.MailSender`."""

    def __init__(self, client: SmtpClient, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send_message(self, raw: bytes) -> str | None:
        """Send a mail to the address in its To header."""
        message = message_from_bytes(raw, policy=SMTP)
        try:
            self._client.send(message, self._sender, str(message["To"]))
        except PassingError as error:
            raise UnavailableError(str(error), retry_after_seconds=error.retry_after_seconds) from error
        except PermanentError as error:
            raise ProviderError(str(error)) from error
        return None
