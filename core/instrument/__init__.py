"""Puts the pixel and the tracked links into a message: HTML and RFC 5322. Pure: no SQL, no settings, no HTTP."""

from __future__ import annotations

from core.instrument.addresses import Mailbox
from core.instrument.copies import RecipientCopy, remove_bcc, split_recipients
from core.instrument.document import HtmlResult, instrument_html, list_links
from core.instrument.envelope import MAX_MESSAGE_BYTES, Envelope, Recipient, parse_envelope
from core.instrument.message import MessageResult, instrument_message
from core.instrument.reasons import SENTENCES
from core.instrument.tracking import Tracking

__all__ = [
    "MAX_MESSAGE_BYTES",
    "SENTENCES",
    "Envelope",
    "HtmlResult",
    "Mailbox",
    "MessageResult",
    "Recipient",
    "RecipientCopy",
    "Tracking",
    "instrument_html",
    "instrument_message",
    "list_links",
    "parse_envelope",
    "remove_bcc",
    "split_recipients",
]
