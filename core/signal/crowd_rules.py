"""Rules that only several hits together can meet: what no single person does. They make verdicts retroactive."""

from __future__ import annotations

from core.signal.agents import Agent
from core.signal.evidence import NetworkKind, Verdict
from core.signal.reader import CROWDED_NETWORKS, SCANNING_NETWORKS
from core.signal.rule import ANY_AGENT, ANY_NETWORK, CLICKS, Match, Rule
from core.signal.thresholds import (
    BURST_LINKS,
    INSTANT_LINKS,
    PERSONS_NETWORKS,
    SHARED_ADDRESS_DOMAINS,
    STRONG_BURST_LINKS,
)

_SPREAD_NETWORKS = ANY_NETWORK - CROWDED_NETWORKS - SCANNING_NETWORKS
# A person's mail program and browser, or two people behind one router, look alike at home; not in a data centre.
_TWO_BROWSERS_NETWORKS = ANY_NETWORK - CROWDED_NETWORKS - {NetworkKind.ACCESS}

CROWD_RULES: tuple[Rule, ...] = (
    Rule(
        "many_links_at_once",
        Verdict.SCANNER,
        0.97,
        Match(when=lambda _, context: context.burst_links >= STRONG_BURST_LINKS),
    ),
    Rule(
        "many_links_at_once",
        Verdict.SCANNER,
        0.9,
        Match(when=lambda _, context: context.burst_links >= BURST_LINKS),
    ),
    Rule(
        "two_links_in_a_second",
        Verdict.SCANNER,
        0.8,
        Match(kinds=CLICKS, when=lambda _, context: context.instant_links >= INSTANT_LINKS),
    ),
    Rule(
        "many_networks",
        Verdict.SCANNER,
        0.85,
        Match(networks=_SPREAD_NETWORKS, when=lambda _, context: context.networks >= PERSONS_NETWORKS),
    ),
    Rule(
        "address_of_many_recipients",
        Verdict.SCANNER,
        0.85,
        Match(
            agents=ANY_AGENT - {Agent.BARE},
            when=lambda _, context: context.address_domains >= SHARED_ADDRESS_DOMAINS,
        ),
    ),
    Rule(
        "two_browsers_one_address",
        Verdict.SCANNER,
        0.9,
        Match(
            networks=frozenset({NetworkKind.MICROSOFT, NetworkKind.HOSTING}),
            when=lambda _, context: context.two_browsers,
        ),
    ),
    Rule(
        "two_browsers_one_address",
        Verdict.SCANNER,
        0.7,
        Match(networks=_TWO_BROWSERS_NETWORKS, when=lambda _, context: context.two_browsers),
    ),
)
