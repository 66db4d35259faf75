"""Rules for clicks: programs that follow no link for a person, then time and network. A name alone proves nothing.

Every click that seems a person's settles: it may be the first of a burst.
"""

from __future__ import annotations

from core.signal.agents import PROXIES, Agent
from core.signal.context import Context
from core.signal.evidence import Evidence, NetworkKind, Verdict
from core.signal.headers import cannot_be_navigation, is_navigation
from core.signal.machine_rules import UNTOLD
from core.signal.rule import CLICKS, EVER, Match, Rule
from core.signal.thresholds import (
    CLICK_SETTLE_SECONDS,
    DELIVERY_SECONDS,
    HASTY_SECONDS,
    MICROSOFT_SCAN_SECONDS,
    SCAN_SECONDS,
)

_BROWSERS = frozenset({Agent.BROWSER, Agent.WEB_VIEW, Agent.APPLE_MAIL})
_ACCESS = frozenset({NetworkKind.ACCESS})
_FORWARDERS = frozenset({NetworkKind.GATEWAY, NetworkKind.APPLE_RELAY})
_DATA_CENTRES = frozenset({NetworkKind.HOSTING, NetworkKind.GOOGLE, NetworkKind.MAIL_PROXY})
_MICROSOFT = frozenset({NetworkKind.MICROSOFT})


def _has_no_open(_: Evidence, context: Context) -> bool:
    return not context.follows_open


def _follows_open(_: Evidence, context: Context) -> bool:
    return context.follows_open


def _navigates(hit: Evidence, _: Context) -> bool:
    return is_navigation(hit.headers)


def _person(confidence: float, match: Match, code: str = "browser_click") -> Rule:
    return Rule(code, Verdict.HUMAN, confidence, match, CLICK_SETTLE_SECONDS)


LINK_RULES: tuple[Rule, ...] = (
    Rule("outlook_link_probe", Verdict.SCANNER, 0.9, Match(kinds=CLICKS, agents=frozenset({Agent.OUTLOOK}))),
    Rule("image_proxy_on_link", Verdict.SCANNER, 0.8, Match(kinds=CLICKS, agents=PROXIES)),
    Rule("bare_agent_on_link", Verdict.SCANNER, 0.8, Match(kinds=CLICKS, agents=frozenset({Agent.BARE}))),
    Rule(
        "not_a_navigation",
        Verdict.SCANNER,
        0.7,
        Match(kinds=CLICKS, agents=_BROWSERS, when=lambda hit, _: cannot_be_navigation(hit.headers)),
    ),
)

DATA_CENTRE_CLICK_RULES: tuple[Rule, ...] = (
    Rule(
        "microsoft_scan",
        Verdict.SCANNER,
        0.8,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=_MICROSOFT, age=(-EVER, MICROSOFT_SCAN_SECONDS)),
    ),
    Rule(
        "data_centre_soon_after_sending",
        Verdict.SCANNER,
        0.7,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=_DATA_CENTRES, age=(-EVER, MICROSOFT_SCAN_SECONDS)),
    ),
    # A VPN's exit is in a data centre too.
    _person(
        0.55,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=_DATA_CENTRES | _MICROSOFT, when=_follows_open),
    ),
    Rule(
        "data_centre_browser",
        Verdict.UNKNOWN,
        0.5,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=_DATA_CENTRES | _MICROSOFT),
    ),
)

HASTY_CLICK_RULES: tuple[Rule, ...] = (
    Rule(
        "click_at_delivery",
        Verdict.SCANNER,
        0.6,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=UNTOLD, age=(-EVER, DELIVERY_SECONDS), when=_has_no_open),
    ),
    Rule(
        "click_without_open",
        Verdict.UNKNOWN,
        0.4,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=UNTOLD, age=(-EVER, HASTY_SECONDS), when=_has_no_open),
    ),
    _person(0.5, Match(kinds=CLICKS, agents=_BROWSERS, age=(-EVER, HASTY_SECONDS), when=_has_no_open)),
    _person(
        0.5,
        Match(kinds=CLICKS, agents=_BROWSERS, networks=UNTOLD, age=(-EVER, SCAN_SECONDS), when=_has_no_open),
    ),
)

BROWSER_CLICK_RULES: tuple[Rule, ...] = (
    _person(0.7, Match(kinds=CLICKS, agents=_BROWSERS, networks=_FORWARDERS), "forwarded_click"),
    _person(0.6, Match(kinds=CLICKS, agents=frozenset({Agent.APPLE_MAIL, Agent.WEB_VIEW})), "app_browser_click"),
    _person(0.7, Match(kinds=CLICKS, agents=_BROWSERS, age=(-EVER, SCAN_SECONDS))),
    _person(0.85, Match(kinds=CLICKS, agents=_BROWSERS, networks=_ACCESS)),
    _person(0.85, Match(kinds=CLICKS, agents=_BROWSERS, networks=UNTOLD, when=_navigates)),
    _person(0.7, Match(kinds=CLICKS, agents=_BROWSERS, networks=UNTOLD)),
)
