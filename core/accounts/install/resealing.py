"""Seals stored tokens anew with the newest key, in small batches, while everything serves."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.install.connections import place
from core.errors import VerificationError
from core.keys import KeyRing
from core.storage.connections import Connection
from core.storage.engine import Sessions
from core.storage.sealing import Sealer

log = structlog.get_logger(__name__)

BATCH: Final = 100
FIELDS: Final = ("access_token", "refresh_token")


def reseal_tokens(sessions: Sessions, ring: KeyRing, batch: int = BATCH) -> int:
    """Seal with the newest key what an older one sealed. Return how many tokens; safe to be run at any time, twice."""
    sealer, after, count = Sealer(ring), "", 0
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


def _reseal(sealer: Sealer, row: Connection) -> int:
    count = 0
    for field in FIELDS:
        sealed: bytes | None = getattr(row, field)
        where = place(row.id, field)
        if sealed is None or sealer.is_current(sealed, where):
            continue
        try:
            setattr(row, field, sealer.seal(sealer.open(sealed, where), where))
            count += 1
        except VerificationError:
            log.error("token_does_not_open", connection=row.id, field=field)
    return count
