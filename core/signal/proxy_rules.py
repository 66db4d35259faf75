"""Rules for pictures fetched by a mail provider: image proxies at display, Apple's privacy prefetch at any time.

Providers' names can be forged, so a known network that cannot be theirs refutes them; an unknown one does not.
Apple's bare `Mozilla/5.0` means its prefetch out of a relay, and mostly a person's Apple Mail out of an ISP.
"""

from __future__ import annotations

from core.signal.agents import OTHER_PROXIES, Agent
from core.signal.context import Context
from core.signal.evidence import Evidence, NetworkKind, Verdict
from core.signal.machine_rules import GOOGLES, UNTOLD
from core.signal.rule import ANY_NETWORK, EVER, OPENS, Match, Rule
from core.signal.thresholds import DELIVERY_SECONDS, OPEN_SETTLE_SECONDS, SCAN_SECONDS

GOOGLE_ASN = 15169
RELAY_ASNS = frozenset({13335, 20940, 36183, 54113})
"""Cloudflare, Akamai (two) and Fastly, which carry Apple's relay."""
RELAY_OPERATORS = frozenset({"Cloudflare", "Akamai", "Fastly"})

_GMAIL = frozenset({Agent.GMAIL_PROXY})
_BARE = frozenset({Agent.BARE})
_EARLY = (-EVER, DELIVERY_SECONDS)
_SOON = (DELIVERY_SECONDS, SCAN_SECONDS)
_DATA_CENTRES = frozenset({NetworkKind.HOSTING, NetworkKind.GOOGLE, NetworkKind.MICROSOFT})
_NEVER_PROXIES = frozenset({NetworkKind.MICROSOFT, NetworkKind.APPLE_RELAY, NetworkKind.GATEWAY})
_PROVIDERS = UNTOLD | {NetworkKind.MAIL_PROXY}

_REASONS = {
    Agent.YAHOO_PROXY: "yahoo_image_proxy",
    Agent.HEY_PROXY: "hey_image_proxy",
    Agent.FASTMAIL_PROXY: "fastmail_image_proxy",
    Agent.SEZNAM_PROXY: "seznam_image_proxy",
    Agent.RAMBLER_PROXY: "rambler_image_proxy",
    Agent.UKRNET_PROXY: "ukrnet_image_proxy",
    Agent.YANDEX_PROXY: "yandex_image_proxy",
}


def _is_not_googles(hit: Evidence, _: Context) -> bool:
    return hit.network.asn != GOOGLE_ASN


def _is_relay_carrier(hit: Evidence, _: Context) -> bool:
    return hit.network.asn in RELAY_ASNS or hit.network.operator in RELAY_OPERATORS


def _proxy_rules(agent: Agent, code: str) -> tuple[Rule, ...]:
    agents = frozenset({agent})
    soon = Match(kinds=OPENS, agents=agents, age=(-EVER, SCAN_SECONDS))
    return (
        Rule(code, Verdict.HUMAN_VIA_PROXY, 0.5, soon, OPEN_SETTLE_SECONDS),
        Rule(code, Verdict.HUMAN_VIA_PROXY, 0.9, Match(kinds=OPENS, agents=agents, networks=_PROVIDERS)),
        # Its own network may be missing from the lists, and then counts as anybody's.
        Rule(code, Verdict.HUMAN_VIA_PROXY, 0.7, Match(kinds=OPENS, agents=agents)),
    )


FORGERY_RULES: tuple[Rule, ...] = (
    Rule(
        "forged_image_proxy",
        Verdict.SCANNER,
        0.8,
        Match(kinds=OPENS, agents=_GMAIL, networks=ANY_NETWORK - GOOGLES, when=_is_not_googles),
    ),
    Rule(
        "forged_image_proxy",
        Verdict.SCANNER,
        0.8,
        Match(kinds=OPENS, agents=OTHER_PROXIES, networks=_NEVER_PROXIES),
    ),
)

PROXY_RULES: tuple[Rule, ...] = (
    Rule(
        "gmail_proxy_at_delivery",
        Verdict.PREFETCH,
        0.6,
        Match(kinds=OPENS, agents=_GMAIL, age=_EARLY),
    ),
    Rule(
        "gmail_image_proxy",
        Verdict.HUMAN_VIA_PROXY,
        0.5,
        Match(kinds=OPENS, agents=_GMAIL, age=_SOON),
        OPEN_SETTLE_SECONDS,
    ),
    Rule("gmail_image_proxy", Verdict.HUMAN_VIA_PROXY, 0.9, Match(kinds=OPENS, agents=_GMAIL)),
    Rule("around_sending", Verdict.UNKNOWN, 0.4, Match(kinds=OPENS, agents=OTHER_PROXIES, age=(-EVER, 0.0))),
    *(rule for agent, code in _REASONS.items() for rule in _proxy_rules(agent, code)),
)

APPLE_RULES: tuple[Rule, ...] = (
    Rule(
        "apple_privacy_prefetch",
        Verdict.PREFETCH,
        0.97,
        Match(kinds=OPENS, agents=_BARE, networks=frozenset({NetworkKind.APPLE_RELAY})),
    ),
    Rule("apple_privacy_prefetch", Verdict.PREFETCH, 0.9, Match(kinds=OPENS, agents=_BARE, when=_is_relay_carrier)),
    Rule("apple_prefetch_likely", Verdict.PREFETCH, 0.7, Match(kinds=OPENS, agents=_BARE, networks=UNTOLD)),
    Rule("apple_prefetch_likely", Verdict.PREFETCH, 0.6, Match(kinds=OPENS, agents=_BARE, networks=_DATA_CENTRES)),
)
