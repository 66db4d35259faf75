"""The test message: made anew whenever it is needed, since a body is never kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Final

from core.errors import InputError
from core.instrument.message import instrument_message
from core.links import CopyTracking

SUBJECT: Final = "MailerPlex: your test message"
_HTML: Final = (
    '<!doctype html><html lang="en"><body><p>This is the test message that you asked for.</p>'
    "<p>It carries a pixel and a tracked link, as your tracked mail does. That you opened it shows on the"
    ' <a href="{url}">start page</a>.</p><p>It counts nowhere, and it goes when you remove the test.</p></body></html>'
)
_TEXT: Final = (
    "This is the test message that you asked for.\n\nPlain text carries no pixel: look at it as HTML, then see {url}\n"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What the test message is made of. `page_url` is where its link leads."""

    sender: str
    recipient: str
    page_url: str
    date: datetime
    run_id: str
    domain: str


def write_letter(letter: Letter, tracking: CopyTracking) -> bytes:
    """Write the tracked mail, ready to be sent. Raises InputError for an address that no header can hold."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = letter.sender
        message["To"] = letter.recipient
        message["Subject"] = SUBJECT
        message["Date"] = format_datetime(letter.date)
        message["Message-ID"] = f"<selftest.{letter.run_id}@{letter.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_TEXT.format(url=letter.page_url))
        message.add_alternative(_HTML.format(url=escape(letter.page_url)), subtype="html")
        raw = message.as_bytes()
    except (ValueError, IndexError, LookupError) as error:
        raise InputError("Your address cannot stand in a mail's header.") from error
    return instrument_message(raw, tracking).raw
