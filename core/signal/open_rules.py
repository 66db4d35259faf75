"""Rules for opens by a reader's own program, after machines, proxies and crowds are out of the way."""

from __future__ import annotations

from core.signal.agents import Agent
from core.signal.evidence import NetworkKind, Verdict
from core.signal.headers import is_page_visit
from core.signal.machine_rules import UNTOLD
from core.signal.rule import EVER, OPENS, Match, Rule
from core.signal.thresholds import (
    DELIVERY_SECONDS,
    LATE_SCAN_SECONDS,
    MICROSOFT_SCAN_SECONDS,
    OPEN_SETTLE_SECONDS,
    SCAN_SECONDS,
)

_BROWSER = frozenset({Agent.BROWSER})
_CLIENTS = frozenset({Agent.OUTLOOK, Agent.MAIL_CLIENT})
_APPLE_MAIL = frozenset({Agent.APPLE_MAIL})
_ALL_CLIENTS = _CLIENTS | _APPLE_MAIL
_ACCESS = frozenset({NetworkKind.ACCESS})
_HOMES = UNTOLD | _ACCESS
_DATA_CENTRES = frozenset({NetworkKind.HOSTING, NetworkKind.GOOGLE})
_FORWARDERS = frozenset({NetworkKind.GATEWAY, NetworkKind.APPLE_RELAY})

PIXEL_RULES: tuple[Rule, ...] = (
    Rule(
        "pixel_opened_as_page",
        Verdict.SCANNER,
        0.8,
        Match(
            kinds=OPENS,
            agents=frozenset({Agent.BROWSER, Agent.WEB_VIEW, Agent.OTHER}),
            when=lambda hit, _: is_page_visit(hit.headers),
        ),
    ),
)

DATA_CENTRE_OPEN_RULES: tuple[Rule, ...] = (
    Rule(
        "microsoft_scan",
        Verdict.SCANNER,
        0.8,
        Match(kinds=OPENS, agents=_BROWSER, networks=frozenset({NetworkKind.MICROSOFT})),
    ),
    Rule(
        "data_centre_soon_after_sending",
        Verdict.SCANNER,
        0.6,
        Match(kinds=OPENS, agents=_BROWSER, networks=_DATA_CENTRES, age=(-EVER, MICROSOFT_SCAN_SECONDS)),
    ),
    Rule("data_centre_browser", Verdict.UNKNOWN, 0.5, Match(kinds=OPENS, agents=_BROWSER, networks=_DATA_CENTRES)),
    Rule(
        "data_centre_mail_client",
        Verdict.HUMAN,
        0.6,
        Match(kinds=OPENS, agents=_ALL_CLIENTS, networks=_DATA_CENTRES | {NetworkKind.MICROSOFT}),
        OPEN_SETTLE_SECONDS,
    ),
)

MAIL_CLIENT_RULES: tuple[Rule, ...] = (
    Rule(
        "mail_client",
        Verdict.HUMAN,
        0.5,
        Match(kinds=OPENS, agents=_ALL_CLIENTS, age=(-EVER, DELIVERY_SECONDS)),
        OPEN_SETTLE_SECONDS,
    ),
    Rule("mail_client", Verdict.HUMAN, 0.7, Match(kinds=OPENS, agents=_ALL_CLIENTS, networks=_FORWARDERS)),
    Rule("mail_client", Verdict.HUMAN, 0.85, Match(kinds=OPENS, agents=_CLIENTS)),
    # Apple Mail's own name is all that an app's built-in browser sends too.
    Rule("mail_client", Verdict.HUMAN, 0.8, Match(kinds=OPENS, agents=_APPLE_MAIL)),
    Rule(
        "apple_mail_direct",
        Verdict.HUMAN,
        0.6,
        Match(kinds=OPENS, agents=frozenset({Agent.BARE}), networks=_ACCESS),
    ),
    Rule(
        "apple_mail_direct",
        Verdict.HUMAN,
        0.5,
        Match(kinds=OPENS, agents=frozenset({Agent.BARE}), networks=frozenset({NetworkKind.GATEWAY})),
    ),
    Rule(
        "mail_app",
        Verdict.HUMAN,
        0.7,
        Match(kinds=OPENS, agents=frozenset({Agent.WEB_VIEW}), networks=_HOMES | _FORWARDERS),
        OPEN_SETTLE_SECONDS,
    ),
    Rule(
        "mail_providers_network",
        Verdict.HUMAN_VIA_PROXY,
        0.7,
        Match(kinds=OPENS, networks=frozenset({NetworkKind.MAIL_PROXY})),
    ),
)

BROWSER_OPEN_RULES: tuple[Rule, ...] = (
    Rule(
        "browser_soon_after_sending",
        Verdict.UNKNOWN,
        0.5,
        Match(kinds=OPENS, agents=_BROWSER, networks=UNTOLD, age=(-EVER, SCAN_SECONDS)),
    ),
    Rule(
        "browser_open",
        Verdict.HUMAN,
        0.5,
        Match(kinds=OPENS, agents=_BROWSER, networks=_ACCESS | _FORWARDERS, age=(-EVER, SCAN_SECONDS)),
        OPEN_SETTLE_SECONDS,
    ),
    Rule("browser_open", Verdict.HUMAN, 0.75, Match(kinds=OPENS, agents=_BROWSER, networks=_ACCESS)),
    Rule("browser_open", Verdict.HUMAN, 0.6, Match(kinds=OPENS, agents=_BROWSER, networks=_FORWARDERS)),
    Rule(
        "browser_open",
        Verdict.HUMAN,
        0.55,
        Match(kinds=OPENS, agents=_BROWSER, networks=UNTOLD, age=(-EVER, LATE_SCAN_SECONDS)),
        OPEN_SETTLE_SECONDS,
    ),
    Rule(
        "browser_open",
        Verdict.HUMAN,
        0.65,
        Match(kinds=OPENS, agents=_BROWSER, networks=UNTOLD, age=(LATE_SCAN_SECONDS, EVER)),
    ),
    Rule(
        "browser_open",
        Verdict.HUMAN,
        0.6,
        Match(kinds=OPENS, agents=_BROWSER, networks=UNTOLD),
        OPEN_SETTLE_SECONDS,
    ),
)
