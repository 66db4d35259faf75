"""What the demonstration plays: a message to four people, and who visits it, from addresses of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage

from core.signal.evidence import Verdict

SENDER = "you@example.com"
GINA, ADAM, SAM, PETRA = "gina@example.com", "adam@example.net", "sam@example.org", "petra@example.edu"
SUBJECT = "Our offer for spring"

_LINKS = ("offer", "prices", "terms", "team", "map", "contact")
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
_EDGE = f"{_CHROME} Edg/130.0.0.0"
_GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
_OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"
_NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1", "Sec-Fetch-Dest": "document"}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for one person's copy. `link` counts from 0; None is the picture."""

    recipient: str
    address: str
    user_agent: str
    expected: Verdict
    link: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone or something that comes by."""

    who: str
    visits: tuple[Visit, ...]


VISITORS = (
    Visitor(
        "Gina opens it in Gmail, which fetches the picture for her",
        (Visit(GINA, "66.249.84.67", _GMAIL, Verdict.HUMAN_VIA_PROXY),),
    ),
    Visitor(
        "Apple Mail fetches Adam's picture ahead, by a relay; Adam sees nothing yet",
        (Visit(ADAM, "172.224.226.17", "Mozilla/5.0", Verdict.PREFETCH),),
    ),
    Visitor(
        "A link scanner goes through Sam's copy: the picture and all six links in a second",
        tuple(Visit(SAM, "40.94.31.12", _CHROME, Verdict.SCANNER, link) for link in (None, *range(len(_LINKS)))),
    ),
    Visitor(
        "Petra reads it in Outlook and follows one link",
        (
            Visit(PETRA, "91.66.12.200", _OUTLOOK, Verdict.HUMAN),
            Visit(PETRA, "91.66.12.200", _EDGE, Verdict.HUMAN, 1, _NAVIGATION),
        ),
    ),
)
SENDERS_OWN = Visit(GINA, "66.249.84.70", _GMAIL, Verdict.SELF)


def build_mail() -> bytes:
    """Build the message that is tracked, as a mail program would."""
    mail = EmailMessage()
    mail["From"] = f"You <{SENDER}>"
    mail["To"] = ", ".join((GINA, ADAM, SAM, PETRA))
    mail["Subject"] = SUBJECT
    mail["Message-ID"] = "<offer-for-spring@example.com>"
    mail.set_content("Here is our offer for spring: https://example.com/offer\n")
    items = "".join(
        f'<li><a href="https://example.com/{name}?from=mail&amp;season=spring">{name}</a></li>' for name in _LINKS
    )
    mail.add_alternative(
        f"<html><body><p>Here is our offer for spring.</p><ul>{items}</ul></body></html>\n", subtype="html"
    )
    return mail.as_bytes()
