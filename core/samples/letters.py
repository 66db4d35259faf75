"""The sample messages: what was sent to whom, and who visited when. Names and domains are made up (RFC 2606)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.samples import visitors as by
from core.samples.visitors import Visitor

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """An open, or a click on link number `link`, so many seconds after sending."""

    after: float
    visitor: Visitor
    link: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message sent `ago` seconds before now. `viewed` are the sender's own looks at it, seconds after sending."""

    subject: str
    to: tuple[Person, ...]
    ago: float
    links: tuple[str, ...] = ()
    visits: tuple[Visit, ...] = ()
    viewed: tuple[float, ...] = ()


_ANN = ("Ann Lindqvist", "ann@northwind.example")
_BEN = ("Ben Okafor", "ben.okafor@meridian.example")
_CLARA = ("Clara Duarte", "clara@duarte-design.example")
_DAVID = ("David Cho", "david.cho@contoso-legal.example")
_EMMA = ("Emma Rossi", "emma.rossi@mailbox.example")
_FELIX = ("Felix Brandt", "felix@brandt-partner.example")
_GRACE = ("Grace Hall", "grace.hall@fabrikam.example")
_HUGO = ("Hugo Martin", "hugo@atelier-martin.example")


def _burst(start: float, visitor: Visitor, links: int, gap: float = 0.6) -> tuple[Visit, ...]:
    """Visit the picture and every link in turn, as scanners do."""
    clicks = (Visit(start + gap * (number + 1), visitor, number) for number in range(links))
    return (Visit(start, visitor), *clicks)


LETTERS: Sequence[Letter] = (
    Letter(
        "Kick-off on Monday: agenda and dial-in",
        (_EMMA, _FELIX, _HUGO),
        42 * MINUTE,
        ("https://meet.example/kick-off", "https://docs.example/agenda"),
        (Visit(7 * MINUTE, by.THUNDERBIRD_LYON), Visit(8 * MINUTE, by.FIREFOX_LYON, 1)),
    ),
    Letter(
        "Offer for the new website",
        (_ANN,),
        2 * DAY + 3 * HOUR,
        ("https://offers.example/northwind/website", "https://offers.example/references", "https://cal.example/book"),
        (
            Visit(3.6, by.GMAIL_PREFETCH),
            *_burst(24, by.MICROSOFT_SCAN, 3),
            Visit(31 * MINUTE, by.GMAIL),
            Visit(33 * MINUTE, by.BERLIN, 0),
            Visit(35 * MINUTE, by.BERLIN, 1),
            Visit(3 * HOUR + 4, by.GMAIL),
            Visit(6 * HOUR, by.GMAIL),
            Visit(1 * DAY + 2 * HOUR, by.LISBON_PHONE, 0),
            Visit(2 * DAY, by.GMAIL),
        ),
        viewed=(3 * HOUR,),
    ),
    Letter("Minutes of yesterday's call", (_GRACE,), 4 * HOUR),
    Letter(
        "Contract draft, version 3",
        (_DAVID,),
        5 * HOUR,
        tuple(f"https://files.example/contract/{name}" for name in ("draft", "changes", "annex-a", "annex-b")),
        _burst(38, by.PROOFPOINT, 4),
    ),
    Letter("Lunch on Thursday?", (_CLARA,), 9 * HOUR, (), (Visit(52, by.APPLE_PREFETCH),)),
    Letter(
        "Invoice 2026-118",
        (_BEN,),
        1 * DAY + 1 * HOUR,
        ("https://pay.example/invoice/2026-118",),
        (Visit(2 * HOUR, by.OUTLOOK_TORONTO), Visit(2 * HOUR + 40, by.BERLIN, 0), Visit(20 * HOUR, by.OUTLOOK_TORONTO)),
    ),
    Letter(
        "Photos from the workshop",
        (_HUGO,),
        3 * DAY,
        ("https://photos.example/workshop",),
        (Visit(26 * MINUTE, by.SLACK, 0), Visit(41 * MINUTE, by.LISBON_PHONE, 0), Visit(5 * HOUR, by.THUNDERBIRD_LYON)),
    ),
    Letter("Your question about the data export", (_EMMA,), 4 * DAY, (), (Visit(3 * HOUR, by.YAHOO),)),
    Letter(
        "Reference for the design team",
        (_GRACE,),
        5 * DAY + 4 * HOUR,
        ("https://files.example/reference.pdf",),
        (Visit(90 * MINUTE, by.CLOUD_BROWSER),),
    ),
    Letter(
        "Project plan, please comment by Friday",
        (_ANN, _BEN, _CLARA),
        8 * DAY,
        ("https://docs.example/plan",),
        (
            Visit(12 * MINUTE, by.GMAIL),
            Visit(14 * MINUTE, by.BERLIN, 0),
            Visit(3 * HOUR, by.OUTLOOK_TORONTO),
            Visit(1 * DAY, by.GMAIL),
            Visit(2 * DAY, by.OUTLOOK_TORONTO),
            Visit(4 * DAY, by.GMAIL),
            Visit(6 * DAY, by.BERLIN, 0),
        ),
    ),
    Letter("Happy birthday!", (_FELIX,), 13 * DAY, (), (Visit(5 * HOUR, by.FASTMAIL), Visit(2 * DAY, by.FASTMAIL))),
    Letter("Question about parking", (_DAVID,), 20 * DAY),
)
