"""Registering a message: its rows, and what its sender needs to have it tracked. The body is never among the rows.

Two steps, since rewriting takes long and a transaction must not: `prepare_message` touches no database,
`store_message` only that. `rebuild_message` gives the answer again later, from the rows and the same draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.messages.copies import CopyRenderer, PlannedCopy, RenderedCopy, check_size, plan_copies
from core.messages.draft import (
    DraftRecipient,
    MessageDraft,
    RecipientKind,
    clamp_sent_at,
    clean_subject,
    fold_address,
)
from core.messages.mailbox import ensure_mailbox
from core.storage.accounts import User
from core.storage.identifiers import create_id
from core.storage.messages import Copy, Link, Message, Recipient
from core.tokens import TokenSigner

SENT = "sent"


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """A message ready to be stored; its rewritten copies are in memory alone."""

    message_id: str
    draft: MessageDraft
    planned: tuple[PlannedCopy, ...]
    destinations: tuple[str, ...]
    is_over_temporary_url: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """A stored message and its copies, in the order of their recipients."""

    message_id: str
    copies: tuple[RenderedCopy, ...]


def register_message(
    session: Session, signer: TokenSigner, tracking_url: str, user: User, draft: MessageDraft, now: datetime
) -> Registered:
    """Register a message in one go. Where `html` may be long, prepare before the transaction begins.

    Raises InputError for a URL that cannot be tracked, and for what is over the limits.
    """
    prepared, registered = prepare_message(signer, tracking_url, draft)
    store_message(session, user, prepared, now)
    return registered


def prepare_message(signer: TokenSigner, tracking_url: str, draft: MessageDraft) -> tuple[PreparedMessage, Registered]:
    """Make ids and render all copies, without a database. Raises InputError."""
    check_size(draft)
    planned = plan_copies(draft.recipients, draft.mode)
    renderer = CopyRenderer(signer, tracking_url, draft)
    rendered = tuple(renderer.render(copy) for copy in planned)
    message_id = create_id()
    prepared = PreparedMessage(message_id, draft, planned, rendered[0].destinations)
    return prepared, Registered(message_id, rendered)


def store_message(session: Session, user: User, prepared: PreparedMessage, now: datetime) -> None:
    """Write a prepared message's rows."""
    draft = prepared.draft
    session.add(
        Message(
            id=prepared.message_id,
            workspace_id=user.workspace_id,
            user_id=user.id,
            mailbox_id=ensure_mailbox(session, user, draft.sender, now),
            subject=clean_subject(draft.subject),
            sender=draft.sender,
            rfc_message_id=draft.rfc_message_id,
            mode=draft.mode.value,
            status=SENT,
            sent_at=clamp_sent_at(draft.sent_at, now),
            created_at=now,
            is_over_temporary_url=prepared.is_over_temporary_url,
            is_shared=user.shares_messages,
        )
    )
    session.flush()
    session.add_all(Copy(id=copy.copy_id, message_id=prepared.message_id) for copy in prepared.planned)
    session.flush()
    session.add_all(_recipient_rows(prepared))
    session.add_all(
        Link(message_id=prepared.message_id, number=number, url=url) for number, url in enumerate(prepared.destinations)
    )
    session.flush()


def _recipient_rows(prepared: PreparedMessage) -> list[Recipient]:
    pairs = [(copy.copy_id, recipient) for copy in prepared.planned for recipient in copy.recipients]
    return [
        Recipient(
            message_id=prepared.message_id,
            copy_id=copy_id,
            address=recipient.address,
            address_folded=fold_address(recipient.address),
            name=recipient.name,
            kind=recipient.kind.value,
            position=position,
            status=SENT,
        )
        for position, (copy_id, recipient) in enumerate(pairs)
    ]


def load_planned_copies(session: Session, message_id: str) -> tuple[PlannedCopy, ...]:
    """Load who gets which copy of a stored message, in the order of the recipients."""
    rows: Sequence[Recipient] = session.scalars(
        select(Recipient).where(Recipient.message_id == message_id).order_by(Recipient.position)
    ).all()
    copies: dict[int, list[DraftRecipient]] = {}
    for row in rows:
        recipient = DraftRecipient(row.address, row.name, RecipientKind(row.kind))
        copies.setdefault(row.copy_id, []).append(recipient)
    if not copies:
        copies = {copy_id: [] for copy_id in session.scalars(select(Copy.id).where(Copy.message_id == message_id))}
    return tuple(PlannedCopy(copy_id, tuple(recipients)) for copy_id, recipients in copies.items())


def rebuild_message(
    signer: TokenSigner, tracking_url: str, message_id: str, planned: Sequence[PlannedCopy], draft: MessageDraft
) -> Registered:
    """Render a stored message's copies again from the draft that made them: tokens are the same for the same keys."""
    renderer = CopyRenderer(signer, tracking_url, draft)
    return Registered(message_id, tuple(renderer.render(copy) for copy in planned))
