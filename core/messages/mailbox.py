"""The sender's mailbox that a message belongs to: found by its address, or made."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.messages.draft import fold_address
from core.storage.accounts import Mailbox, User
from core.storage.identifiers import create_id

MANUAL: Final = "manual"


def ensure_mailbox(session: Session, user: User, sender: str, now: datetime) -> str:
    """Return the id of the workspace's mailbox with this address, made now if there is none."""
    address = fold_address(sender)
    values = {
        "id": create_id(),
        "workspace_id": user.workspace_id,
        "user_id": user.id,
        "address": address,
        "provider": MANUAL,
        "created_at": now,
    }
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    wanted = select(Mailbox.id).where(Mailbox.workspace_id == user.workspace_id, Mailbox.address == address)
    found = session.scalar(wanted)
    if found is None:
        session.execute(insert(Mailbox).values(**values).on_conflict_do_nothing())
        found = session.scalars(wanted).one()
    return found
