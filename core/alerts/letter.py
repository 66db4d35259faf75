"""An alert as an e-mail: headers by which programs know it for what it is, and the same words as text and as HTML.

Without pictures, remote parts or links other than to this installation. RFC 5322, 2369 and 8058 (leaving the list),
2919 (its name), 3834 (nobody answers it automatically).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.alerts.channels import OutgoingAlert, PermanentError
from core.alerts.unsubscribe import PATH
from core.alerts.wording import Wording, clean_text, word_alert

_LINE_CHARACTERS = 76  # the most with encoded words (RFC 2047, 2)
_UNFOLDED = frozenset({"list-unsubscribe", "message-id", "in-reply-to", "references"})

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


class LetterPolicy(EmailPolicy):
    """SMTP's policy, with two faults of the standard library's folding avoided.

    Headers that programs read are never folded: a word longer than a line would be encoded (RFC 2047), which breaks
    unsubscribing with one click. Words beyond ASCII are encoded by its older code: the newer loses spaces between them.
    """

    _whole = SMTP.clone(max_line_length=998)

    def fold(self, name: str, value: str) -> str:
        """Fold one header into text."""
        folded: str = self._write(name, value) or super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        """Fold one header into bytes."""
        folded = self._write(name, value)
        return super().fold_binary(name, value) if folded is None else folded.encode("ascii")

    def _write(self, name: str, value: str) -> str | None:
        if name.lower() in _UNFOLDED:
            whole: str = self._whole.fold(name, value)
            return whole
        if self.utf8 or value.isascii():
            return None
        if name.lower() == "subject":
            return f"{name}: {_encode(name, value)}\r\n"
        addresses: tuple[Address, ...] = getattr(value, "addresses", ())
        if len(addresses) == 1 and addresses[0].addr_spec.isascii():
            return f"{name}: {_encode(name, addresses[0].display_name)}\r\n <{addresses[0].addr_spec}>\r\n"
        return None


def _encode(name: str, words: str) -> str:
    return Header(words, "utf-8", _LINE_CHARACTERS, name).encode(linesep="\r\n")


POLICY = LetterPolicy(linesep="\r\n", max_line_length=_LINE_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whom alert mail comes from. `domain` stands in Message-IDs: a host name, or an address literal."""

    sender: str
    sender_name: str
    public_url: str
    domain: str
    list_domain: str


def write_letter(alert: OutgoingAlert, letterhead: Letterhead, token: str, now: datetime) -> EmailMessage:
    """Compose the mail of an alert; its Message-ID is the same each time. Raises PermanentError for a bad address."""
    wording = word_alert(alert)
    message_url = f"{letterhead.public_url}/messages/{alert.message_id}"
    leave_url = f"{letterhead.public_url}{PATH}{token}"
    letter = EmailMessage(policy=POLICY)
    letter["Subject"] = wording.summary
    letter["From"] = Address(clean_text(letterhead.sender_name, 80), addr_spec=letterhead.sender)
    letter["To"] = _address(alert)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = name_letter(alert, letterhead)
    for name, value in _thread(alert, letterhead):
        letter[name] = value
    letter["Auto-Submitted"] = "auto-generated"
    letter["List-Id"] = f"MailerPlex alerts <alerts.{letterhead.list_domain}>"
    letter["List-Unsubscribe"] = f"<{leave_url}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(_write_text(wording, message_url, leave_url), cte="quoted-printable")
    html = _templates.get_template("alert.html").render(wording=wording, message_url=message_url, leave_url=leave_url)
    letter.add_alternative(html, subtype="html", cte="quoted-printable")
    return letter


def name_letter(alert: OutgoingAlert, letterhead: Letterhead) -> str:
    """Name the mail of an alert by its Message-ID, so that a repeat is known for one."""
    part = ".correction" if alert.is_correction else ""
    return f"<alert.{alert.id}{part}@{letterhead.domain}>"


def _thread(alert: OutgoingAlert, letterhead: Letterhead) -> list[tuple[str, str]]:
    """Put all alerts of a message into one thread, and a correction behind what it corrects."""
    root = f"<message.{alert.message_id}@{letterhead.domain}>"
    if not alert.is_correction or not alert.provider_id:
        return [("In-Reply-To", root), ("References", root)]
    return [("In-Reply-To", alert.provider_id), ("References", f"{root} {alert.provider_id}")]


def _address(alert: OutgoingAlert) -> Address:
    try:
        return Address(clean_text(alert.to_name or "", 80), addr_spec=alert.to_address)
    except (ValueError, IndexError, HeaderParseError) as error:  # the standard library's parser raises any
        raise PermanentError("The account's e-mail address is none.") from error


def _write_text(wording: Wording, message_url: str, leave_url: str) -> str:
    lines = [wording.explanation, ""]
    lines += [f"{label}: {value}" for label, value in wording.facts]
    if wording.reasons:
        lines += ["", "Why we think so:", *(f"- {reason}" for reason in wording.reasons)]
    lines += ["", f"See the whole timeline: {message_url}"]
    lines += ["", "MailerPlex sends you this because your alert rules ask for it.", f"Stop alert mail: {leave_url}", ""]
    return "\n".join(lines)
