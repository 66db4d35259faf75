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
from core.messages.choice import choose_tracked, read_defaults
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
from core.messages.exclusions import NOBODY, Exclusions
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
    is_tracked: bool = True


@dataclass(frozen=True, slots=True)
class TrackedMail:
    """A mail that was tracked, or left alone: then `message_id` is None and `reason` a code of `instrument.reasons`."""

    message_id: str | None
    tracked: bool
    reason: str | None
    links: tuple[str, ...]
    copies: tuple[TrackedCopy, ...]
    is_over_temporary_url: bool = False

    def summarise(self, files: Sequence[str] = ()) -> dict[str, Any]:
        """Build the one-line summary; `files` names where each copy was written."""
        copies: list[dict[str, Any]] = [{"recipients": list(copy.recipients)} for copy in self.copies]
        for described, copy in zip(copies, self.copies, strict=True):
            if self.tracked and not copy.is_tracked:
                described["tracked"] = False
        for described, file in zip(copies, files, strict=False):
            described["file"] = file
        summary: dict[str, Any] = {
            "message_id": self.message_id,
            "tracked": self.tracked,
            "reason": self.reason,
            "links": list(self.links),
            "copies": copies,
        }
        return {**summary, "temporary_url": True} if self.is_over_temporary_url else summary


def track_message(
    sessions: Sessions,
    signer: TokenSigner,
    tracking_url: str,
    user: User,
    raw: bytes,
    now: datetime,
    *,
    per_recipient: bool = False,
    exclusions: Exclusions = NOBODY,
    is_over_temporary_url: bool = False,
) -> TrackedMail:
    """Track one mail for `user`, as their defaults say: it counts as sent now. The mail is rewritten before the
    transaction begins. Raises InputError for what is no mail or over the limits.
    """
    envelope = parse_envelope(raw)
    draft = _build_draft(envelope, user, Mode.PER_RECIPIENT if per_recipient else Mode.SHARED)
    if per_recipient and not draft.recipients:
        raise InputError("The message names no recipient in To, Cc or Bcc, so there is none to make a copy for.")
    sent = split_recipients(raw)[0].raw if per_recipient else raw
    choice = choose_tracked(draft, exclusions)
    if choice.tracked is None:
        return TrackedMail(None, False, choice.reason, (), _leave_alone(draft, sent))
    planned = plan_copies(choice.tracked.recipients, draft.mode)
    tracking = CopyTracking(tracking_url, signer, planned[0].copy_id)
    first = _instrument(sent, tracking, draft)
    if not first.tracked:
        return TrackedMail(None, False, first.reason, (), _leave_alone(draft, sent))
    message_id = create_id()
    with sessions.begin() as session:
        prepared = PreparedMessage(
            message_id, choice.tracked, planned, tracking.destinations, is_over_temporary_url=is_over_temporary_url
        )
        store_message(session, session.merge(user, load=False), prepared, now)
    copies = {_addresses(copy): _render_later(sent, tracking_url, signer, copy, draft) for copy in planned[1:]}
    copies[_addresses(planned[0])] = TrackedCopy(_addresses(planned[0]), lambda: first.raw)
    ordered = tuple(copies.get(copy.recipients, copy) for copy in _leave_alone(draft, sent))
    return TrackedMail(message_id, True, None, tracking.destinations, ordered, is_over_temporary_url)


def _instrument(sent: bytes, tracking: CopyTracking, draft: MessageDraft) -> MessageResult:
    return instrument_message(sent, tracking, pixel=draft.tracks_opens, links=draft.tracks_links)


def _render_later(
    sent: bytes, tracking_url: str, signer: TokenSigner, copy: PlannedCopy, draft: MessageDraft
) -> TrackedCopy:
    """Return one more copy: the same rewriting, so the same link numbers, under the copy's own id."""

    def render() -> bytes:
        return _instrument(sent, CopyTracking(tracking_url, signer, copy.copy_id), draft).raw

    return TrackedCopy(_addresses(copy), render)


def _leave_alone(draft: MessageDraft, sent: bytes) -> tuple[TrackedCopy, ...]:
    """Return the copies as they were written, in the order of the recipients."""
    groups = [draft.recipients] if draft.mode is Mode.SHARED else [(recipient,) for recipient in draft.recipients]
    return tuple(
        TrackedCopy(tuple(recipient.address for recipient in group), lambda: sent, is_tracked=False) for group in groups
    )


def _addresses(copy: PlannedCopy) -> tuple[str, ...]:
    return tuple(recipient.address for recipient in copy.recipients)


def _build_draft(envelope: Envelope, user: User, mode: Mode) -> MessageDraft:
    recipients = (
        DraftRecipient(recipient.address, clean_name(recipient.name), RecipientKind(recipient.kind))
        for recipient in envelope.recipients
        if clean_text(recipient.address, len(recipient.address)) == recipient.address
    )
    message_id = clean_text(envelope.message_id or "", _MAXIMUM_MESSAGE_ID_CHARACTERS)
    defaults = read_defaults(user)
    return MessageDraft(
        subject=clean_subject(envelope.subject),
        sender=clean_text(envelope.sender.address, 320) if envelope.sender else user.email,
        recipients=collapse_recipients(recipients),
        mode=mode,
        rfc_message_id=message_id or None,
        tracks_opens=defaults.opens,
        tracks_links=defaults.links,
    )
