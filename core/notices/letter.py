"""A notice as an e-mail, in plain text: what happened, what to do, one link to this installation (RFC 5322, 3834)."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from core.alerts.channels import PermanentError
from core.alerts.letter import Letterhead, LetterPolicy
from core.alerts.smtp import SmtpClient
from core.alerts.wording import clean_text, format_time
from core.notices.kinds import TEXTS
from core.notices.outbox import OutgoingNotice

_POLICY: Final = LetterPolicy(linesep="\r\n", max_line_length=76)
_FACT_CHARACTERS: Final = 200


class NoticeMail:
    """Sends notices by the installation's mail server."""

    def __init__(self, client: SmtpClient, letterhead: Letterhead) -> None:
        self._client = client
        self._letterhead = letterhead

    def send(self, notice: OutgoingNotice) -> None:
        """Send one. Raises PassingError or PermanentError."""
        self._client.send(write_notice(notice, self._letterhead), self._letterhead.sender, notice.to_address)


def write_notice(notice: OutgoingNotice, letterhead: Letterhead) -> EmailMessage:
    """Compose the mail; date and Message-ID are the same each time. Raises PermanentError for a bad address."""
    facts = {label: clean_text(value, _FACT_CHARACTERS) for label, value in notice.facts.items()}
    text = TEXTS[notice.kind]
    letter = EmailMessage(policy=_POLICY)
    letter["Subject"] = text.subject.format(**facts)
    letter["From"] = Address(clean_text(letterhead.sender_name, 80), addr_spec=letterhead.sender)
    letter["To"] = _address(notice)
    letter["Date"] = format_datetime(notice.at)
    letter["Message-ID"] = f"<notice.{notice.id}@{letterhead.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    lines = [text.opening.format(**facts), ""]
    lines += [f"{label}: {value}" for label, value in facts.items()]
    lines += [f"Time: {format_time(notice.at, notice.timezone)}", "", text.advice, ""]
    lines += [f"{text.action}: {letterhead.public_url}{text.path}", ""]
    letter.set_content("\n".join(lines), cte="quoted-printable")
    return letter


def _address(notice: OutgoingNotice) -> Address:
    try:
        return Address(clean_text(notice.to_name or "", 80), addr_spec=notice.to_address)
    except (ValueError, IndexError, HeaderParseError) as error:  # the standard library's parser raises any
        raise PermanentError("The account's e-mail address is none.") from error
