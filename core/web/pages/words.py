"""The words in which pages tell what happened: read states, verdicts, how sure, with what, where. Honest ones.

"Unread" is never said: a message without a sign of reading may well have been read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.signal.evidence import Client, Kind, Location, Verdict
from core.timeline.events import EventItem
from core.web.translation import gettext, mark


@dataclass(frozen=True, slots=True)
class Words:
    """How something is shown: `key` chooses colour and shape, `icon` the sign, beside the text that says the same."""

    key: str
    icon: str
    text: str


VERDICTS = {
    Verdict.HUMAN: Words("human", "person", mark("A person")),
    Verdict.HUMAN_VIA_PROXY: Words("proxy", "person-mail", mark("A person, through their mail provider")),
    Verdict.PREFETCH: Words("prefetch", "ahead", mark("Fetched ahead by a machine")),
    Verdict.SCANNER: Words("scanner", "scan", mark("A scanner or other machine")),
    Verdict.SELF: Words("self", "self", mark("You")),
    Verdict.UNKNOWN: Words("unknown", "question", mark("Unclear")),
}
_REPLY = Words("reply", "reply", mark("Reply"))
_BOUNCE = Words("bounce", "bounce", mark("Bounce"))

_PEOPLE = (Verdict.HUMAN, Verdict.HUMAN_VIA_PROXY)
_MACHINES = (Verdict.PREFETCH, Verdict.SCANNER)


@dataclass(frozen=True, slots=True)
class Tally:
    """Opens and clicks of a message, by who did them."""

    people: int = 0
    machines: int = 0
    own: int = 0
    unclear: int = 0


def tally(counts: dict[Verdict, int]) -> Tally:
    """Add up counts by verdict."""
    return Tally(
        people=sum(counts.get(verdict, 0) for verdict in _PEOPLE),
        machines=sum(counts.get(verdict, 0) for verdict in _MACHINES),
        own=counts.get(Verdict.SELF, 0),
        unclear=counts.get(Verdict.UNKNOWN, 0),
    )


def describe_state(
    status: str, counts: dict[Verdict, int], recipients: int, is_shared: bool, readers: int = 0
) -> Words:
    """Say how far a message got, as surely as is known and no surer. `readers`: how many are known to have read it."""
    numbers = {"readers": readers, "recipients": recipients}
    by = _tell_readers(recipients, is_shared, readers)
    if status == "read":
        return Words("read", "read", gettext(_READ[by]) % numbers)
    if status == "clicked":
        return Words("clicked", "click", gettext(_CLICKED[by]) % numbers)
    if status == "replied":
        return Words("replied", "reply", gettext("Replied"))
    if status == "bounced":
        return Words("bounced", "bounce", gettext("Bounced: it did not arrive"))
    if status == "draft":
        return Words("draft", "draft", gettext("Not sent yet"))
    return _describe_unread(counts)


# By who is known to have read: nobody in particular, the only recipient, one of several, some of several.
_READ = (
    mark("Read, likely"),
    mark("Read by the recipient, likely"),
    mark("Read by at least one of %(recipients)s, likely"),
    mark("Read by %(readers)s of %(recipients)s, likely"),
)
_CLICKED = (
    mark("Link clicked"),
    mark("Link clicked by the recipient"),
    mark("Link clicked by at least one of %(recipients)s"),
    mark("Link clicked by %(readers)s of %(recipients)s"),
)


def _tell_readers(recipients: int, is_shared: bool, readers: int) -> int:
    """Return which of the sentences holds."""
    if recipients == 1:
        return 1
    if recipients > 1 and is_shared:
        return 2
    return 3 if readers else 0


def describe_machines(status: str, counts: dict[Verdict, int]) -> str:
    """Say what machines did besides, where the state itself speaks of people."""
    if status not in ("read", "clicked", "replied"):
        return ""
    if counts.get(Verdict.SCANNER):
        return gettext("opened by a scanner")
    return gettext("fetched ahead by a machine") if counts.get(Verdict.PREFETCH) else ""


def _describe_unread(counts: dict[Verdict, int]) -> Words:
    if counts.get(Verdict.UNKNOWN):
        return Words("unclear", "question", gettext("Visited, unclear by whom"))
    scanned, fetched = counts.get(Verdict.SCANNER, 0), counts.get(Verdict.PREFETCH, 0)
    if scanned and fetched:
        return Words("machines", "scan", gettext("Visited by machines only"))
    if scanned:
        return Words("machines", "scan", gettext("Opened by a scanner only"))
    if fetched:
        return Words("machines", "ahead", gettext("Fetched ahead by a machine, no sign of reading yet"))
    return Words("quiet", "quiet", gettext("No sign of reading yet"))


_RECIPIENT_STATES = {
    "read": mark("Read, likely"),
    "clicked": mark("Clicked a link"),
    "replied": mark("Replied"),
    "bounced": mark("Bounced"),
    "draft": mark("Not sent yet"),
}
# How a copy was addressed, in the templates' letters.
_COPIES = (mark("Cc"), mark("Bcc"))


def describe_recipient(status: str) -> str:
    """Say how far one recipient got."""
    return gettext(_RECIPIENT_STATES.get(status, "No sign of reading yet"))


class Judged(Protocol):
    """What is read of an event to say who caused it."""

    @property
    def kind(self) -> Kind:
        """What happened."""

    @property
    def verdict(self) -> Verdict | None:
        """Who did it, None for what nobody judges."""


def describe_verdict(event: Judged) -> Words:
    """Say who caused an event, in a text that is translated where it is shown."""
    if event.kind is Kind.REPLY:
        return _REPLY
    if event.kind is Kind.BOUNCE:
        return _BOUNCE
    return VERDICTS[event.verdict or Verdict.UNKNOWN]


def describe_event(event: EventItem, recipient: str | None, recipients: int) -> str:
    """Say who did what, in one sentence without its full stop. `recipient` is a name, None where nobody can tell."""
    if event.kind is Kind.BOUNCE:
        if recipient is None:
            return gettext("The message to a recipient bounced")
        return gettext("The message to %(who)s bounced") % {"who": recipient}
    return gettext(_choose_sentence(event)) % {"who": recipient or _name_somebody(recipients)}


def _name_somebody(recipients: int) -> str:
    return gettext("One of %(number)s") % {"number": recipients} if recipients > 1 else gettext("The recipient")


def _choose_sentence(event: Judged) -> str:
    if event.kind is Kind.REPLY:
        return mark("%(who)s replied")
    opened, clicked = _DEEDS[event.verdict or Verdict.UNKNOWN]
    return clicked if event.kind is Kind.CLICK else opened


_BY_PERSON = (mark("%(who)s opened the message"), mark("%(who)s followed a link"))
_DEEDS = {
    Verdict.HUMAN: _BY_PERSON,
    Verdict.HUMAN_VIA_PROXY: _BY_PERSON,
    Verdict.PREFETCH: (mark("A machine fetched the message ahead"), mark("A machine visited a link ahead")),
    Verdict.SCANNER: (mark("A scanner opened the message"), mark("A scanner visited a link")),
    Verdict.SELF: (mark("You looked at the message"), mark("You followed a link")),
    Verdict.UNKNOWN: (mark("Someone or something opened the message"), mark("Someone or something visited a link")),
}

_SURE = (
    (0.95, mark("Almost certain (%(number)s %%)")),
    (0.8, mark("Very likely (%(number)s %%)")),
    (0.65, mark("Likely (%(number)s %%)")),
    (0.45, mark("Fairly likely (%(number)s %%)")),
)


def describe_confidence(confidence: float | None) -> str:
    """Put a confidence between 0 and 1 into words."""
    if confidence is None:
        return ""
    text = next((text for least, text in _SURE if confidence >= least), mark("A guess (%(number)s %%)"))
    return gettext(text) % {"number": round(confidence * 100)}


def describe_client(client: Client | None) -> str:
    """Name the reader's program, as far as it is known."""
    if client is None:
        return ""
    named = _name_program(client)
    if not client.device or client.device == client.os:
        return named
    return f"{named} ({client.device})" if named else client.device


def _name_program(client: Client) -> str:
    if client.name and client.os:
        return gettext("%(program)s on %(system)s") % {"program": client.name, "system": client.os}
    return gettext("on %(system)s") % {"system": client.os} if client.os else client.name or ""


def describe_place(location: Location | None) -> str:
    """Name a place within its country, from the small to the large."""
    if location is None:
        return ""
    parts = [location.city, location.region if location.region != location.city else None]
    return ", ".join(filter(None, parts))
