"""Who a message is from and to, as its header says, and the check that bytes are a mail at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from core.errors import InputError
from core.instrument.addresses import Mailbox, parse_addresses
from core.instrument.encoded_words import decode_words
from core.instrument.headers import HeaderBlock, scan_headers

# Above what Gmail (25 MB, some 34 MB encoded) and Exchange (35 MB) take.
MAX_MESSAGE_BYTES: Final = 40 * 1024 * 1024
_MAX_DATE: Final = 200
_USUAL_FIELDS: Final = frozenset(
    ("from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "received", "return-path", "sender")
)

Kind = Literal["to", "cc", "bcc"]
_KINDS: Final[tuple[Kind, ...]] = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient and the field that names it."""

    address: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a message's header says of it; `date` is aware UTC, None where there is none that can be read."""

    subject: str
    sender: Mailbox | None
    recipients: tuple[Recipient, ...]
    date: datetime | None
    message_id: str | None


def parse_envelope(raw: bytes) -> Envelope:
    """Read a message's envelope. Raises InputError when the bytes are no mail, or too many."""
    header = check_message(raw)
    senders = _mailboxes(header, "from") or _mailboxes(header, "sender")
    return Envelope(
        subject=" ".join(decode_words(_text(header, "subject")).split()),
        sender=senders[0] if senders else None,
        recipients=_recipients(header),
        date=_parse_date(_text(header, "date")),
        message_id=_text(header, "message-id") or None,
    )


def check_message(raw: bytes) -> HeaderBlock:
    """Return the header block of what is a mail. Raises InputError, with one line that says what to do, otherwise."""
    if len(raw) > MAX_MESSAGE_BYTES:
        megabytes = MAX_MESSAGE_BYTES // (1024 * 1024)
        raise InputError(f"The message is larger than {megabytes} MB; send large files as links instead.")
    if not raw.strip():
        raise InputError("The input is empty; give one mail message (RFC 5322), with its header.")
    header = scan_headers(raw, 0, len(raw))
    if header.cut:
        raise InputError("The message's header is larger than any mail's; check that the input is one message.")
    if b"\0" in raw[: header.body_start] or not any(field.name in _USUAL_FIELDS for field in header.fields):
        raise InputError("The input is not a mail message: it must begin with header fields such as From and To.")
    return header


def _text(header: HeaderBlock, name: str) -> str:
    field = header.first(name)
    return field.text if field is not None else ""


def _mailboxes(header: HeaderBlock, name: str) -> tuple[Mailbox, ...]:
    return tuple(mailbox for field in header.fields if field.name == name for mailbox in parse_addresses(field.text))


def _recipients(header: HeaderBlock) -> tuple[Recipient, ...]:
    """Collect To, Cc and Bcc; an address that is named twice counts where it stands first."""
    found: dict[str, Recipient] = {}
    for kind in _KINDS:
        for mailbox in _mailboxes(header, kind):
            found.setdefault(mailbox.address.lower(), Recipient(mailbox.address, mailbox.name, kind))
    return tuple(found.values())


def _parse_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text[:_MAX_DATE])
        # "-0000" and a missing zone leave the time naive: it is UTC then (RFC 5322, 3.3).
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
