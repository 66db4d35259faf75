"""One copy of a message for each recipient: the same bytes without Bcc. To and Cc stay; only the envelope differs."""

from __future__ import annotations

from dataclasses import dataclass

from core.instrument.envelope import Recipient, check_message, parse_envelope
from core.instrument.splice import ByteEdit, splice

_BLIND = frozenset(("bcc", "resent-bcc"))


@dataclass(frozen=True, slots=True)
class RecipientCopy:
    """A message to be sent to one recipient alone (its SMTP envelope names nobody else)."""

    recipient: Recipient
    raw: bytes


def split_recipients(raw: bytes) -> tuple[RecipientCopy, ...]:
    """Return a copy for each recipient, in the order of To, Cc, Bcc. Raises InputError for what is no mail."""
    bare = remove_bcc(raw)
    return tuple(RecipientCopy(recipient, bare) for recipient in parse_envelope(raw).recipients)


def remove_bcc(raw: bytes) -> bytes:
    """Return the message without its Bcc fields; every other byte stays."""
    fields = check_message(raw).fields
    return splice(raw, [ByteEdit(field.start, field.end, b"") for field in fields if field.name in _BLIND])
