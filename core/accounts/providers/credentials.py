"""Providers' client credentials: from the environment, which wins, or pasted on the pages and kept sealed in SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import InputError, VerificationError
from core.settings import Settings
from core.storage.sealing import Sealer
from core.storage.setup import ProviderCredential

log = structlog.get_logger(__name__)

DEFAULT_TENANT: Final = "common"
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,254}", re.ASCII)
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,255}", re.ASCII)


class Source(StrEnum):
    """Where credentials come from."""

    ENVIRONMENT = "environment"
    PASTED = "pasted"


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What a provider knows this installation by. `tenant` is Microsoft's alone."""

    client_id: str
    client_secret: str = field(repr=False)
    tenant: str | None = None
    source: Source = Source.ENVIRONMENT


def read_environment(settings: Settings) -> dict[str, ClientCredentials]:
    """Return the credentials that the settings hold, by provider."""
    found: dict[str, ClientCredentials] = {}
    if settings.google_client_id and settings.google_client_secret:
        found["google"] = ClientCredentials(settings.google_client_id, settings.google_client_secret)
    if settings.microsoft_client_id and settings.microsoft_client_secret:
        found["microsoft"] = ClientCredentials(
            settings.microsoft_client_id, settings.microsoft_client_secret, settings.microsoft_tenant
        )
    return found


def parse_pasted(client_id: str, client_secret: str, tenant: str | None = None) -> ClientCredentials:
    """Check what was pasted. Raises InputError."""
    client_id, client_secret = client_id.strip(), client_secret.strip()
    if not _CLIENT_ID.fullmatch(client_id):
        raise InputError("The client id is missing, or is none: it has letters, digits, dots and hyphens only.")
    if not 8 <= len(client_secret) <= 512 or not client_secret.isascii() or not client_secret.isprintable():
        raise InputError("The client secret is missing, or is none: paste its value, not its name.")
    if tenant is None:
        return ClientCredentials(client_id, client_secret, None, Source.PASTED)
    folded = tenant.strip().lower() or DEFAULT_TENANT
    if not _TENANT.fullmatch(folded):
        raise InputError("The tenant is a tenant's id or domain, or one of common, organizations, consumers.")
    return ClientCredentials(client_id, client_secret, folded, Source.PASTED)


def store_credentials(
    session: Session, sealer: Sealer, provider: str, given: ClientCredentials, user_id: str, now: datetime
) -> None:
    """Keep pasted credentials, in the place of earlier ones."""
    row = session.scalars(select(ProviderCredential).where(ProviderCredential.provider == provider)).one_or_none()
    if row is None:
        row = ProviderCredential(provider=provider, client_id="", client_secret=b"", changed_at=now)
        session.add(row)
        session.flush()
    row.client_id = given.client_id
    row.client_secret = sealer.seal(given.client_secret, place(row.id))
    row.tenant = given.tenant
    row.changed_at = now
    row.changed_by = user_id
    session.flush()


def remove_credentials(session: Session, provider: str) -> bool:
    """Forget pasted credentials. Return whether there were any."""
    gone = delete(ProviderCredential).where(ProviderCredential.provider == provider).returning(ProviderCredential.id)
    return session.execute(gone.execution_options(synchronize_session=False)).one_or_none() is not None


def load_pasted(session: Session, sealer: Sealer) -> dict[str, ClientCredentials]:
    """Return the pasted credentials that open, by provider; what does not open is said in the log."""
    found: dict[str, ClientCredentials] = {}
    for row in session.scalars(select(ProviderCredential)):
        try:
            secret = sealer.open(row.client_secret, place(row.id))
        except VerificationError:
            log.error("provider_credentials_do_not_open", provider=row.provider)
            continue
        found[row.provider] = ClientCredentials(row.client_id, secret, row.tenant, Source.PASTED)
    return found


def load_version(session: Session) -> Mapping[str, datetime]:
    """Return what changes whenever pasted credentials do."""
    rows = session.execute(select(ProviderCredential.provider, ProviderCredential.changed_at))
    return {row.provider: row.changed_at for row in rows}


def place(credential_id: str) -> str:
    """Name the place that a client secret is sealed for."""
    return f"provider_credentials:{credential_id}:client_secret"
