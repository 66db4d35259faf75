"""Events put into words for the list on a message's page; a machine's burst becomes one entry that opens up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.signal.evidence import Kind, Verdict
from core.signal.reasons import explain
from core.timeline.events import EventItem
from core.timeline.messages import MessageItem
from core.web.pages import words
from core.web.pages.times import show_duration
from core.web.translation import gettext, ngettext

_MACHINES = frozenset({Verdict.PREFETCH, Verdict.SCANNER})
_BURST_GAP = timedelta(seconds=30)
_BURST_SIZE = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words. `country` is an ISO 3166-1 code, which a script may turn into a name."""

    event: EventItem
    verdict: words.Words
    headline: str
    confidence: str
    client: str
    place: str
    country: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries shown together: one alone, or a burst with a headline of its own."""

    entries: tuple[Entry, ...]
    headline: str = ""

    @property
    def first(self) -> Entry:
        """The entry that stands for the group: the one that began it."""
        return self.entries[-1]


def build_entries(events: Iterable[EventItem], message: MessageItem) -> list[Group]:
    """Put events, newest first, into words, bursts of machines together."""
    names = {recipient.address: recipient.name or recipient.address for recipient in message.recipients}
    entries = [_build_entry(event, names) for event in events]
    groups: list[list[Entry]] = []
    for entry in entries:
        if groups and _belongs(entry.event, groups[-1][-1].event):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [group for found in groups for group in _settle(found)]


def _build_entry(event: EventItem, names: dict[str, str]) -> Entry:
    location = event.location
    return Entry(
        event=event,
        verdict=words.describe_verdict(event),
        headline=words.describe_event(event, names.get(event.recipient or "", event.recipient), len(names)),
        confidence=words.describe_confidence(event.confidence),
        client=words.describe_client(event.client),
        place=words.describe_place(location),
        country=(location.country or "") if location else "",
        reasons=tuple(gettext(explain(code)) for code in event.reasons),
    )


def _belongs(event: EventItem, later: EventItem) -> bool:
    is_same = event.verdict in _MACHINES and event.verdict == later.verdict and event.recipient == later.recipient
    return is_same and later.at - event.at <= _BURST_GAP


def _settle(entries: Sequence[Entry]) -> list[Group]:
    """Make a group of a burst, or one of each entry where there are too few."""
    if len(entries) < _BURST_SIZE:
        return [Group((entry,)) for entry in entries]
    return [Group(tuple(entries), _describe_burst(entries))]


def _describe_burst(entries: Sequence[Entry]) -> str:
    events = [entry.event for entry in entries]
    clicks = sum(event.kind is Kind.CLICK for event in events)
    span = max(events[0].at - events[-1].at, timedelta(seconds=1))
    is_scanner = events[0].verdict is Verdict.SCANNER
    sentence = (
        gettext("A scanner: %(what)s within %(time)s")
        if is_scanner
        else gettext("A machine, ahead of a reader: %(what)s within %(time)s")
    )
    return sentence % {"what": _count_hits(len(events) - clicks, clicks), "time": show_duration(span)}


def _count_hits(opens: int, clicks: int) -> str:
    opened = ngettext("%(num)s open", "%(num)s opens", opens) % {"num": opens}
    visited = ngettext("%(num)s link visit", "%(num)s link visits", clicks) % {"num": clicks}
    if opens and clicks:
        return gettext("%(opens)s and %(visits)s") % {"opens": opened, "visits": visited}
    return opened if opens else visited
