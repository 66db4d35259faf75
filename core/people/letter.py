"""An invitation as an e-mail: plain words as text and as HTML, one link to this installation, nothing that tracks."""

from __future__ import annotations

from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.alerts.channels import PermanentError
from core.alerts.letter import POLICY, Letterhead
from core.alerts.wording import clean_text
from core.people.invitations import MadeInvitation

JOIN_PATH = "/join/"

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def build_join_url(public_url: str, secret: str) -> str:
    """Build the address of an invitation's link."""
    return f"{public_url}{JOIN_PATH}{secret}"


def write_invitation(invitation: MadeInvitation, letterhead: Letterhead, now: datetime) -> EmailMessage:
    """Compose the mail of an invitation. Raises PermanentError for an address that mail cannot be sent to."""
    inviter, workspace = clean_text(invitation.inviter, 80), clean_text(invitation.workspace_name, 80)
    url = build_join_url(letterhead.public_url, invitation.secret)
    letter = EmailMessage(policy=POLICY)
    letter["Subject"] = f"{inviter} invites you to {workspace} on MailerPlex"
    letter["From"] = Address(clean_text(letterhead.sender_name, 80), addr_spec=letterhead.sender)
    letter["To"] = _address(invitation.email)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<invitation.{invitation.id}.{int(now.timestamp())}@{letterhead.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    words = {"inviter": inviter, "workspace": workspace, "url": url, "until": _write_day(invitation.expires_at)}
    letter.set_content(_templates.get_template("invitation.txt").render(**words), cte="quoted-printable")
    html = _templates.get_template("invitation.html").render(**words)
    letter.add_alternative(html, subtype="html", cte="quoted-printable")
    return letter


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError, AttributeError, HeaderParseError) as error:  # the parser raises any of them
        raise PermanentError("The address is none that mail can be sent to.") from error


def _write_day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
