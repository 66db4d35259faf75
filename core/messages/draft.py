"""What is to be tracked: a message as a client or a parsed mail gives it, cleaned and within limits.

Owns what a subject, an address and a list of recipients may be. A draft that exists is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from core.errors import InputError
from core.instrument.addresses import parse_addresses

MAXIMUM_RECIPIENTS: Final = 500
MAXIMUM_SUBJECT_CHARACTERS: Final = 998
MAXIMUM_ADDRESS_CHARACTERS: Final = 320
MAXIMUM_NAME_CHARACTERS: Final = 320
_MAXIMUM_MAILBOX_CHARACTERS: Final = 4000
"""Of an address with a name beside it, as it is given: more is not looked at."""
MAXIMUM_HTML_BYTES: Final = 10_000_000
MAXIMUM_RENDERED_BYTES: Final = 30_000_000
"""Of one message's HTML times its copies: what one request may ask to be rewritten."""
MAXIMUM_RENDERED_LINKS: Final = 200_000
"""Of one message's given links times its copies."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOT_IN_ADDRESS: Final = re.compile(r"[\x00-\x20\x7f-\xa0<>,;\u2028\u2029\ud800-\udfff]")
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Mode(StrEnum):
    """Whether all recipients get the same copy, or each one of their own, which tells them apart."""

    SHARED = "shared"
    PER_RECIPIENT = "per_recipient"


class RecipientKind(StrEnum):
    """In which header a recipient stands."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"


@dataclass(frozen=True, slots=True)
class DraftRecipient:
    """One person written to. The address is valid by `clean_address`."""

    address: str
    name: str | None = None
    kind: RecipientKind = RecipientKind.TO


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message to register. `links` are URLs as given; `html` is used in memory and never shown in `repr`.

    `sent_at` None means now.
    """

    subject: str
    sender: str
    recipients: tuple[DraftRecipient, ...]
    links: tuple[str, ...] = ()
    html: str | None = field(default=None, repr=False)
    mode: Mode = Mode.SHARED
    sent_at: datetime | None = None
    rfc_message_id: str | None = None
    tracks_opens: bool = True
    tracks_links: bool = True


def fold_address(address: str) -> str:
    """Return an address as addresses are compared everywhere."""
    return address.strip().lower()


def clean_address(text: str) -> str:
    """Return the bare address of `ann@example.com` or `Ann <ann@example.com>`. Raises InputError if there is none."""
    address = text.strip()
    if "<" in address:
        mailboxes = parse_addresses(address) if len(address) <= _MAXIMUM_MAILBOX_CHARACTERS else ()
        address = mailboxes[0].address if len(mailboxes) == 1 else ""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or _NOT_IN_ADDRESS.search(address):
        raise InputError(f"{_shorten(text)!r} is not an e-mail address.")
    if len(address) > MAXIMUM_ADDRESS_CHARACTERS:
        raise InputError(f"An e-mail address has at most {MAXIMUM_ADDRESS_CHARACTERS} characters.")
    return address


def clean_text(text: str, characters: int) -> str:
    """Return one line of at most `characters`: control characters become blanks, runs of them one."""
    return _CONTROLS.sub(" ", text).strip()[:characters].rstrip()


def clean_subject(text: str) -> str:
    """Return a subject fit to be kept and shown; a longer one than a header line may hold is cut."""
    return clean_text(text, MAXIMUM_SUBJECT_CHARACTERS)


def clean_name(text: str | None) -> str | None:
    """Return a display name fit to be kept and shown, None for an empty one."""
    return clean_text(text or "", MAXIMUM_NAME_CHARACTERS) or None


def collapse_recipients(recipients: Iterable[DraftRecipient]) -> tuple[DraftRecipient, ...]:
    """Keep each address once, as it first came. Raises InputError for more than a message may have."""
    unique: dict[str, DraftRecipient] = {}
    for recipient in recipients:
        unique.setdefault(fold_address(recipient.address), recipient)
    if len(unique) > MAXIMUM_RECIPIENTS:
        raise InputError(
            f"A message can have at most {MAXIMUM_RECIPIENTS} recipients, not {len(unique)}: split it into several."
        )
    return tuple(unique.values())


def clamp_sent_at(sent_at: datetime | None, now: datetime) -> datetime:
    """Return when a message counts as sent: the sender's claim, but never in the future nor before 1970."""
    return now if sent_at is None else max(EARLIEST, min(sent_at, now)).astimezone(UTC)


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
