"""How long it is remembered that a POST was carried out under an idempotency key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.storage.accounts import IdempotencyRecord

RETENTION: Final = timedelta(days=2)


def purge_idempotency_records(session: Session, now: datetime) -> int:
    """Remove records that are older than a client repeats; for the scheduler's tick. Return how many."""
    gone = session.execute(
        delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - RETENTION).returning(IdempotencyRecord.key)
    )
    return len(gone.all())
