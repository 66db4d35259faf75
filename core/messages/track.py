"""Tracking a whole mail (RFC 5322), as the command line does: rewrite it, register it, hand back what is to be sent.

A mail that cannot be tracked is handed back as it came, with the reason, and nothing is registered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import InputError
from core.instrument.copies import split_recipients
from core.instrument.envelope import Envelope, parse_envelope
from core.instrument.message import MessageResult, instrument_message
from core.links import CopyTracking
from core.messages.copies import PlannedCopy, plan_copies
from core.messages.draft import (
    DraftRecipient,
    MessageDraft,
    Mode,
    RecipientKind,
    clean_name,
    clean_subject,
    clean_text,
    collapse_recipients,
)
from core.messages.register import PreparedMessage, store_message
from core.storage.accounts import User
from core.storage.engine import Sessions
from core.storage.identifiers import create_id
from core.tokens import TokenSigner

_MAXIMUM_MESSAGE_ID_CHARACTERS = 998


@dataclass(frozen=True, slots=True)
class TrackedCopy:
    """One mail to send, and to whom its envelope goes. `render` makes its bytes; hundreds at once would not fit."""

    recipients: tuple[str, ...]
    render: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrackedMail:
    """A mail that was tracked, or left alone: then `message_id` is None and `reason` a code of `instrument.reasons`."""

    message_id: str | None
    tracked: bool
    reason: str | None
    links: tuple[str, ...]
    copies: tuple[TrackedCopy, ...]

    def summarise(self, files: Sequence[str] = ()) -> dict[str, Any]:
        """Build the one-line summary; `files` names where each copy was written."""
        copies: list[dict[str, Any]] = [{"recipients": list(copy.recipients)} for copy in self.copies]
        for copy, file in zip(copies, files, strict=False):
            copy["file"] = file
        return {
            "message_id": self.message_id,
            "tracked": self.tracked,
            "reason": self.reason,
            "links": list(self.links),
            "copies": copies,
        }


def track_message(
    sessions: Sessions,
    signer: TokenSigner,
    tracking_url: str,
    user: User,
    raw: bytes,
    now: datetime,
    *,
    per_recipient: bool = False,
) -> TrackedMail:
    """Track one mail for `user`: it counts as sent now. Raises InputError for what is no mail or over the limits.

    The mail is rewritten before the transaction begins.
    """
    envelope = parse_envelope(raw)
    draft = _build_draft(envelope, user, Mode.PER_RECIPIENT if per_recipient else Mode.SHARED)
    if per_recipient and not draft.recipients:
        raise InputError("The message names no recipient in To, Cc or Bcc, so there is none to make a copy for.")
    planned = plan_copies(draft.recipients, draft.mode)
    sent = split_recipients(raw)[0].raw if per_recipient else raw
    tracking = CopyTracking(tracking_url, signer, planned[0].copy_id)
    first = instrument_message(sent, tracking)
    message_id = None
    if first.tracked:
        message_id = create_id()
        with sessions.begin() as session:
            prepared = PreparedMessage(message_id, draft, planned, tracking.destinations)
            store_message(session, session.merge(user, load=False), prepared, now)
    copies = [TrackedCopy(_addresses(planned[0]), lambda: first.raw)]
    for copy in planned[1:]:
        copies.append(TrackedCopy(_addresses(copy), _renderer(sent, first, tracking_url, signer, copy)))
    links = tracking.destinations if first.tracked else ()
    return TrackedMail(message_id, first.tracked, first.reason, links, tuple(copies))


def _renderer(
    sent: bytes, first: MessageResult, tracking_url: str, signer: TokenSigner, copy: PlannedCopy
) -> Callable[[], bytes]:
    """Return what makes one more copy: the same rewriting, so the same link numbers, under the copy's own id."""

    def render() -> bytes:
        if not first.tracked:
            return sent
        return instrument_message(sent, CopyTracking(tracking_url, signer, copy.copy_id)).raw

    return render


def _addresses(copy: PlannedCopy) -> tuple[str, ...]:
    return tuple(recipient.address for recipient in copy.recipients)


def _build_draft(envelope: Envelope, user: User, mode: Mode) -> MessageDraft:
    recipients = (
        DraftRecipient(recipient.address, clean_name(recipient.name), RecipientKind(recipient.kind))
        for recipient in envelope.recipients
        if clean_text(recipient.address, len(recipient.address)) == recipient.address
    )
    message_id = clean_text(envelope.message_id or "", _MAXIMUM_MESSAGE_ID_CHARACTERS)
    return MessageDraft(
        subject=clean_subject(envelope.subject),
        sender=clean_text(envelope.sender.address, 320) if envelope.sender else user.email,
        recipients=collapse_recipients(recipients),
        mode=mode,
        rfc_message_id=message_id or None,
    )
