"""What the hits of one recipient on one message (or of a shared copy's readers) say about each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from core.signal.agents import PEOPLES_PROGRAMS, PROXIES, Agent
from core.signal.evidence import Kind, NetworkKind
from core.signal.thresholds import (
    AGENTS_SECONDS,
    BURST_LINKS,
    BURST_SECONDS,
    FOLLOWS_SECONDS,
    INSTANT_LINKS,
    INSTANT_SECONDS,
    NETWORKS_SECONDS,
    PERSONS_NETWORKS,
)
from core.signal.timeline import Timed, milliseconds
from core.signal.windows import any_between, peak_distinct

PEOPLES_NETWORKS = frozenset({NetworkKind.ACCESS, NetworkKind.GATEWAY, NetworkKind.APPLE_RELAY})
CROWDED_NETWORKS = frozenset({NetworkKind.GOOGLE, NetworkKind.APPLE_RELAY, NetworkKind.MAIL_PROXY, NetworkKind.GATEWAY})
"""Networks whose addresses stand for many people, and change from one request to the next."""
SCANNING_NETWORKS = frozenset({NetworkKind.MICROSOFT, NetworkKind.SECURITY})
_READING_AGENTS = PROXIES | {Agent.OUTLOOK, Agent.APPLE_MAIL, Agent.MAIL_CLIENT, Agent.WEB_VIEW}

Notes = defaultdict[int, dict[str, int]]
"""For each hit's index the fields of its `Context` that are not the default."""


def relate_reader(line: Sequence[Timed], notes: Notes) -> None:
    """Note what the hits of `line`, in order of time, say about each other."""
    if any(timed.hit.kind is Kind.CLICK for timed in line):
        _note_links(line, notes)
        _note_opened(line, notes)
        _note_browsers(line, notes)
    if line[0].hit.recipient is not None:
        _note_networks(line, notes)


def _note_links(line: Sequence[Timed], notes: Notes) -> None:
    links = [_link(timed) for timed in line]
    if len(set(links) - {None}) < min(BURST_LINKS, INSTANT_LINKS):
        return
    bursts = _peaks(line, links, BURST_SECONDS)
    sources: defaultdict[Hashable, list[int]] = defaultdict(list)
    for timed, burst, instant in zip(line, bursts, _peaks(line, links, INSTANT_SECONDS), strict=True):
        if timed.hit.kind is Kind.CLICK:
            notes[timed.place].update(burst_links=burst, instant_links=instant)
            if burst >= BURST_LINKS:
                sources[_source(timed)].append(timed.time)
    width = milliseconds(BURST_SECONDS)
    for timed, burst in zip(line, bursts, strict=True):
        clicks = sources.get(_source(timed)) if timed.hit.kind is Kind.OPEN else None
        if clicks and any_between(clicks, timed.time - width, timed.time + width):
            notes[timed.place]["burst_links"] = burst


def _note_opened(line: Sequence[Timed], notes: Notes) -> None:
    opens = [timed.time for timed in line if _is_reading(timed)]
    for timed in line:
        if timed.hit.kind is Kind.CLICK and any_between(opens, timed.time - milliseconds(FOLLOWS_SECONDS), timed.time):
            notes[timed.place]["follows_open"] = True


def _note_browsers(line: Sequence[Timed], notes: Notes) -> None:
    addresses: defaultdict[str, list[Timed]] = defaultdict(list)
    for timed in line:
        if timed.agent is Agent.BROWSER and timed.hit.address_key is not None:
            addresses[timed.hit.address_key].append(timed)
    width = milliseconds(AGENTS_SECONDS)
    for group in addresses.values():
        if len(group) < 2:
            continue
        times = [timed.time for timed in group]
        kinds = peak_distinct(times, [timed.hit.kind for timed in group], width)
        agents = peak_distinct(times, [timed.hit.user_agent for timed in group], width)
        for timed, kind, agent in zip(group, kinds, agents, strict=True):
            if kind > 1 and agent > 1:
                notes[timed.place]["two_browsers"] = True


def _note_networks(line: Sequence[Timed], notes: Notes) -> None:
    networks = [_network(timed) for timed in line]
    if len(set(networks) - {None}) < PERSONS_NETWORKS:
        return
    for timed, network, peak in zip(line, networks, _peaks(line, networks, NETWORKS_SECONDS), strict=True):
        if network is not None:
            notes[timed.place]["networks"] = peak


def _peaks(line: Sequence[Timed], keys: Sequence[Hashable], seconds: float) -> list[int]:
    """Count distinct keys near each hit; for a hit in a network of people, only what came from such networks.

    What data centres do at the same time says nothing against somebody at home.
    """
    times = [timed.time for timed in line]
    near = peak_distinct(times, keys, milliseconds(seconds))
    people = [timed.hit.network.kind in PEOPLES_NETWORKS for timed in line]
    if not any(people) or all(people):
        return near
    theirs = [key if person else None for key, person in zip(keys, people, strict=True)]
    near_people = peak_distinct(times, theirs, milliseconds(seconds))
    return [own if person else every for own, every, person in zip(near_people, near, people, strict=True)]


def _link(timed: Timed) -> Hashable:
    """Name a click's link; clicks whose link is not told count as clicks on one."""
    return ("link", timed.hit.link) if timed.hit.kind is Kind.CLICK else None


def _source(timed: Timed) -> Hashable:
    """Name where a hit comes from: its network, or with none known, its program."""
    hit = timed.hit
    return ("network", hit.network_key) if hit.network_key is not None else ("agent", hit.user_agent)


def _is_reading(timed: Timed) -> bool:
    """Say whether an open shows a reader, by more than a browser's name that anyone can claim."""
    if timed.hit.kind is not Kind.OPEN:
        return False
    if timed.agent is Agent.BROWSER:
        return timed.hit.network.kind is NetworkKind.ACCESS
    return timed.agent in _READING_AGENTS and timed.hit.network.kind not in SCANNING_NETWORKS


def _network(timed: Timed) -> Hashable:
    """Name the network that a person would be in; None for machines and where addresses stand for many people."""
    hit = timed.hit
    if timed.agent not in PEOPLES_PROGRAMS and timed.agent is not Agent.OTHER:
        return None
    if hit.network.kind in CROWDED_NETWORKS or hit.network.kind in SCANNING_NETWORKS:
        return None
    return hit.network_key
