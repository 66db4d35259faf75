"""The words in which pages tell what happened: read states, verdicts, how sure, with what, where. Honest ones.

"Unread" is never said: a message without a sign of reading may well have been read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.signal.evidence import Client, Kind, Location, Verdict
from core.timeline.events import EventItem


@dataclass(frozen=True, slots=True)
class Words:
    """How something is shown: `key` chooses colour and shape, `icon` the sign, beside the text that says the same."""

    key: str
    icon: str
    text: str


VERDICTS = {
    Verdict.HUMAN: Words("human", "person", "A person"),
    Verdict.HUMAN_VIA_PROXY: Words("proxy", "person-mail", "A person, through their mail provider"),
    Verdict.PREFETCH: Words("prefetch", "ahead", "Fetched ahead by a machine"),
    Verdict.SCANNER: Words("scanner", "scan", "A scanner or other machine"),
    Verdict.SELF: Words("self", "self", "You"),
    Verdict.UNKNOWN: Words("unknown", "question", "Unclear"),
}
_REPLY = Words("reply", "reply", "Reply")
_BOUNCE = Words("bounce", "bounce", "Bounce")

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
    by = _describe_readers(recipients, is_shared, readers)
    if status in ("read", "clicked", "replied"):
        return {
            "read": Words("read", "read", f"Read{by}, likely"),
            "clicked": Words("clicked", "click", f"Link clicked{by}"),
            "replied": Words("replied", "reply", "Replied"),
        }[status]
    if status == "bounced":
        return Words("bounced", "bounce", "Bounced: it did not arrive")
    if status == "draft":
        return Words("draft", "draft", "Not sent yet")
    return _describe_unread(counts)


def _describe_readers(recipients: int, is_shared: bool, readers: int) -> str:
    if recipients == 1:
        return " by the recipient"
    if recipients > 1 and is_shared:
        return f" by at least one of {recipients}"
    return f" by {readers} of {recipients}" if readers else ""


def describe_machines(status: str, counts: dict[Verdict, int]) -> str:
    """Say what machines did besides, where the state itself speaks of people."""
    if status not in ("read", "clicked", "replied"):
        return ""
    if counts.get(Verdict.SCANNER):
        return "opened by a scanner"
    return "fetched ahead by a machine" if counts.get(Verdict.PREFETCH) else ""


def _describe_unread(counts: dict[Verdict, int]) -> Words:
    if counts.get(Verdict.UNKNOWN):
        return Words("unclear", "question", "Visited, unclear by whom")
    scanned, fetched = counts.get(Verdict.SCANNER, 0), counts.get(Verdict.PREFETCH, 0)
    if scanned and fetched:
        return Words("machines", "scan", "Visited by machines only")
    if scanned:
        return Words("machines", "scan", "Opened by a scanner only")
    if fetched:
        return Words("machines", "ahead", "Fetched ahead by a machine, no sign of reading yet")
    return Words("quiet", "quiet", "No sign of reading yet")


def describe_recipient(status: str) -> str:
    """Say how far one recipient got."""
    return {
        "read": "Read, likely",
        "clicked": "Clicked a link",
        "replied": "Replied",
        "bounced": "Bounced",
        "draft": "Not sent yet",
    }.get(status, "No sign of reading yet")


class Judged(Protocol):
    """What is read of an event to say who caused it."""

    @property
    def kind(self) -> Kind:
        """What happened."""

    @property
    def verdict(self) -> Verdict | None:
        """Who did it, None for what nobody judges."""


def describe_verdict(event: Judged) -> Words:
    """Say who caused an event."""
    if event.kind is Kind.REPLY:
        return _REPLY
    if event.kind is Kind.BOUNCE:
        return _BOUNCE
    return VERDICTS[event.verdict or Verdict.UNKNOWN]


def describe_event(event: EventItem, recipient: str | None, recipients: int) -> str:
    """Say who did what, in one sentence without its full stop. `recipient` is a name, None where nobody can tell."""
    who = recipient or (f"One of {recipients}" if recipients > 1 else "The recipient")
    if event.kind is Kind.REPLY:
        return f"{who} replied"
    if event.kind is Kind.BOUNCE:
        return f"The message to {recipient or 'a recipient'} bounced"
    is_click = event.kind is Kind.CLICK
    verdict = event.verdict or Verdict.UNKNOWN
    if verdict.is_human:
        return f"{who} followed a link" if is_click else f"{who} opened the message"
    return {
        Verdict.PREFETCH: "A machine visited a link ahead" if is_click else "A machine fetched the message ahead",
        Verdict.SCANNER: "A scanner visited a link" if is_click else "A scanner opened the message",
        Verdict.SELF: "You followed a link" if is_click else "You looked at the message",
    }.get(verdict, "Someone or something visited a link" if is_click else "Someone or something opened the message")


def describe_confidence(confidence: float | None) -> str:
    """Put a confidence between 0 and 1 into words."""
    if confidence is None:
        return ""
    steps = ((0.95, "Almost certain"), (0.8, "Very likely"), (0.65, "Likely"), (0.45, "Fairly likely"))
    word = next((word for least, word in steps if confidence >= least), "A guess")
    return f"{word} ({round(confidence * 100)} %)"


def describe_client(client: Client | None) -> str:
    """Name the reader's program, as far as it is known."""
    if client is None:
        return ""
    parts = [client.name or "", f"on {client.os}" if client.os else ""]
    if client.device and client.device != client.os:
        parts.append(f"({client.device})" if any(parts) else client.device)
    return " ".join(filter(None, parts))


def describe_place(location: Location | None) -> str:
    """Name a place within its country, from the small to the large."""
    if location is None:
        return ""
    parts = [location.city, location.region if location.region != location.city else None]
    return ", ".join(filter(None, parts))


def count_of(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"
