"""The words of the recipients' pages for what the tables hold and what happened, as texts to be translated."""

from __future__ import annotations

from typing import Final

from core.signal.evidence import Kind, Verdict
from core.timeline.events import EventItem
from core.web.translation import mark

CATEGORIES: Final = {
    "identity": mark("Your e-mail address, and your name if the sender gave it"),
    "behaviour": mark("When the message was opened, which links in it were followed, replies and bounces"),
    "device": mark("The mail program or browser, its system and the kind of device, as far as it says so"),
    "place": mark("Country, region and town, estimated from the network address; none if your mail provider hides it"),
    "evidence": mark(
        "How each visit was made: what the program calls itself, a shortened network address, its network"
    ),
    "choice": mark("That tracking was stopped, and when"),
}
"""What each category of data on recipients is. A category without a sentence here fails a test."""

VERDICTS: Final = {
    Verdict.HUMAN: mark("A person"),
    Verdict.HUMAN_VIA_PROXY: mark("A person, through their mail provider"),
    Verdict.PREFETCH: mark("A machine, ahead of a reader"),
    Verdict.SCANNER: mark("A security scanner or another machine"),
    Verdict.SELF: mark("The sender"),
    Verdict.UNKNOWN: mark("Unclear"),
}
_KINDS: Final = {
    Kind.OPEN: mark("Opened"),
    Kind.CLICK: mark("Link followed"),
    Kind.REPLY: mark("Replied"),
    Kind.BOUNCE: mark("Bounced"),
}

DONE: Final = {
    "stop": mark("Done. Nothing more is recorded of this message."),
    "erase": mark("Done. What was recorded was erased."),
    "mail": mark("If this message went to that address, a mail with a link is on its way to it."),
    "stop-all": mark("Done. Nothing more is recorded of these messages."),
}
NOT_AN_ADDRESS: Final = mark("That is no e-mail address.")
TOO_MANY: Final = mark("Links were asked for too often. Please try again later.")
OTHER_SITE: Final = mark("This form was sent from another site, so nothing was done.")


def name_kind(event: EventItem) -> str:
    """Name what happened, to be translated."""
    return _KINDS[event.kind]


def name_actor(event: EventItem) -> str:
    """Name who did it, to be translated; empty for replies and bounces."""
    if event.kind in (Kind.REPLY, Kind.BOUNCE):
        return ""
    return VERDICTS[event.verdict or Verdict.UNKNOWN]
