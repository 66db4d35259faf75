"""Works out how hits relate: within a message, across messages by address, and to the sender's heads-ups.

Each value comes from the hits within a fixed time of its own hit (`RELATED_SECONDS` within a message,
`ADDRESS_WINDOW_SECONDS` for an address), so neither the order of the input nor hits farther away change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.signal.agents import PROXIES, recognise
from core.signal.context import ALONE, Context
from core.signal.evidence import Evidence, Viewed
from core.signal.reader import CROWDED_NETWORKS, Notes, relate_reader
from core.signal.thresholds import (
    ADDRESS_WINDOW_SECONDS,
    SHARED_ADDRESS_DOMAINS,
    VIEW_AFTER_SECONDS,
    VIEW_BEFORE_SECONDS,
)
from core.signal.timeline import age_of, milliseconds, moment_of, timelines
from core.signal.windows import any_between, peak_distinct


def relate(evidence: Sequence[Evidence], views: Sequence[Viewed] = ()) -> list[Context]:
    """Work out the context of each hit, in the order given."""
    notes: Notes = defaultdict(dict)
    readers: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    addresses: defaultdict[str, list[int]] = defaultdict(list)
    for index, hit in enumerate(evidence):
        readers[hit.message, hit.recipient].append(index)
        if hit.address_key is not None:
            addresses[hit.address_key].append(index)
    for indexes in readers.values():
        if len(indexes) > 1:
            for line in timelines(evidence, indexes):
                relate_reader(line, notes)
    for indexes in addresses.values():
        if len(indexes) >= SHARED_ADDRESS_DOMAINS:
            _relate_address(evidence, indexes, notes)
    if views:
        _relate_views(evidence, views, notes)
    return [_context(notes[index]) if index in notes else ALONE for index in range(len(evidence))]


def _context(noted: dict[str, int]) -> Context:
    return Context(
        burst_links=noted.get("burst_links", 0),
        instant_links=noted.get("instant_links", 0),
        networks=noted.get("networks", 0),
        two_browsers="two_browsers" in noted,
        address_domains=noted.get("address_domains", 0),
        follows_open="follows_open" in noted,
        viewed="viewed" in noted,
    )


def _relate_address(evidence: Sequence[Evidence], indexes: Sequence[int], notes: Notes) -> None:
    """Note for hits from one address how many mail domains' recipients it stood for."""
    hits = sorted(
        (moment, index)
        for index in indexes
        if (moment := moment_of(evidence[index])) is not None and _tells_person(evidence[index])
    )
    domains = [_domain(evidence[index].recipient) for _, index in hits]
    peaks = peak_distinct([moment for moment, _ in hits], domains, milliseconds(ADDRESS_WINDOW_SECONDS))
    for (_, index), peak in zip(hits, peaks, strict=True):
        notes[index]["address_domains"] = peak


def _tells_person(hit: Evidence) -> bool:
    """Say whether one address ought to be one reader's: a proxy, a relay or a gateway fetches for thousands."""
    return hit.network.kind not in CROWDED_NETWORKS and recognise(hit.user_agent) not in PROXIES


def _domain(address: str | None) -> str | None:
    return None if address is None else address.rpartition("@")[2].lower()


def _relate_views(evidence: Sequence[Evidence], views: Sequence[Viewed], notes: Notes) -> None:
    """Note which hits lie around a heads-up about their message."""
    moments: defaultdict[str, list[int]] = defaultdict(list)
    ages: defaultdict[str, list[int]] = defaultdict(list)
    for view in views:
        for times, time in ((moments, moment_of(view)), (ages, age_of(view))):
            if time is not None:
                times[view.message].append(time)
    for listed in (*moments.values(), *ages.values()):
        listed.sort()
    for index, hit in enumerate(evidence):
        near_moment = hit.message in moments and _covered(moments[hit.message], moment_of(hit))
        if near_moment or (hit.message in ages and _covered(ages[hit.message], age_of(hit))):
            notes[index]["viewed"] = True


def _covered(views: Sequence[int], time: int | None) -> bool:
    if time is None:
        return False
    return any_between(views, time - milliseconds(VIEW_AFTER_SECONDS), time + milliseconds(VIEW_BEFORE_SECONDS))
