"""The mail with the link to the page about one person: short, plain text, in the language of who asked. RFC 5322."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from core.alerts.channels import PassingError, PermanentError
from core.alerts.email import create_letterhead
from core.alerts.letter import LetterPolicy
from core.alerts.smtp import SmtpClient, parse_smtp_url
from core.settings import Settings
from core.web.recipients.services import SendLink
from core.web.translation import RECIPIENTS, load_catalogue

_POLICY = LetterPolicy(linesep="\r\n", max_line_length=76)


def create_link_sender(settings: Settings) -> SendLink | None:
    """Make what mails links; None without SMTP_URL. Raises SettingsError."""
    if settings.smtp_url is None:
        return None
    server = parse_smtp_url(settings.smtp_url)
    letterhead = create_letterhead(settings, server)
    client = SmtpClient(server, own_name=letterhead.domain)

    def send(address: str, link: str, host: str, language: str) -> None:
        letter = write_link_letter(address, link, host, language)
        letter["From"] = Address(letterhead.sender_name[:80], addr_spec=letterhead.sender)
        letter["Message-ID"] = make_msgid("held", letterhead.domain)
        try:
            client.send(letter, letterhead.sender, address)
        except PassingError:
            client.send(letter, letterhead.sender, address)  # once more, on a new connection

    return send


def write_link_letter(address: str, link: str, host: str, language: str) -> EmailMessage:
    """Compose the mail, but for its sender. Raises PermanentError for what is no address."""
    _ = load_catalogue(language, RECIPIENTS).gettext
    letter = EmailMessage(policy=_POLICY)
    letter["Subject"] = _("What is held on you")
    try:
        letter["To"] = Address(addr_spec=address)
    except Exception as error:  # the standard library's parser raises any
        raise PermanentError("The address is none.") from error
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Auto-Submitted"] = "auto-replied"
    paragraphs = (
        _("Somebody, probably you, asked for this link on %(host)s.") % {"host": host},
        _("It shows what is held on you there by a sender who tracks e-mail, and lets you stop or erase it."),
        link,
        _("The link works for seven days. Whoever has it can do the same, so keep it to yourself."),
        _("If it was not you, you need not do anything: nothing was changed."),
    )
    letter.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
    letter["Content-Language"] = language  # setting the content takes away what was said of another
    return letter
