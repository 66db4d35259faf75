"""Seals stored tokens and client secrets anew with the newest key, in small batches, while everything serves."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.install.connections import place
from core.accounts.providers import credentials
from core.errors import VerificationError
from core.keys import KeyRing
from core.storage.connections import Connection
from core.storage.engine import Sessions
from core.storage.sealing import Sealer
from core.storage.setup import ProviderCredential

log = structlog.get_logger(__name__)

BATCH: Final = 100
FIELDS: Final = ("access_token", "refresh_token")


def reseal_tokens(sessions: Sessions, ring: KeyRing, batch: int = BATCH) -> int:
    """Seal with the newest key what an older one sealed. Return how many tokens; safe to be run at any time, twice."""
    sealer, after, count = Sealer(ring), "", _reseal_credentials(sessions, Sealer(ring))
    while True:
        with sessions.begin() as session:
            rows = _lock_batch(session, after, batch)
            count += sum(_reseal(sealer, row) for row in rows)
        if len(rows) < batch:
            return count
        after = rows[-1].id


def _lock_batch(session: Session, after: str, batch: int) -> list[Connection]:
    asked = select(Connection).where(Connection.id > after).order_by(Connection.id).limit(batch)
    return list(session.scalars(asked.with_for_update()))


def _reseal_credentials(sessions: Sessions, sealer: Sealer) -> int:
    """Seal the few secrets of providers' clients anew."""
    with sessions.begin() as session:
        rows = session.scalars(select(ProviderCredential).with_for_update()).all()
        return sum(_reseal_field(sealer, row, "client_secret", credentials.place(row.id), row.id) for row in rows)


def _reseal(sealer: Sealer, row: Connection) -> int:
    return sum(_reseal_field(sealer, row, field, place(row.id, field), row.id) for field in FIELDS)


def _reseal_field(sealer: Sealer, row: object, field: str, where: str, row_id: str) -> int:
    sealed: bytes | None = getattr(row, field)
    if sealed is None or sealer.is_current(sealed, where):
        return 0
    try:
        setattr(row, field, sealer.seal(sealer.open(sealed, where), where))
    except VerificationError:
        log.error("token_does_not_open", row=row_id, field=field)
        return 0
    return 1
