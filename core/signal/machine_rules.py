"""Rules for opens and clicks alike that come first: a machine that says so, and hits before sending.

A prefetch header makes a hit a prefetch, for links too: something fetched it ahead of a reader, and the reader's
own visit is a hit of its own.
"""

from __future__ import annotations

from core.signal.agents import Agent
from core.signal.evidence import Evidence, NetworkKind, Verdict
from core.signal.headers import is_ahead_of_reader, names_robot
from core.signal.rule import CLICKS, EVER, OPENS, Match, Rule
from core.signal.thresholds import GRACE_SECONDS

UNTOLD = frozenset({NetworkKind.UNKNOWN, NetworkKind.PRIVATE})
"""No list says anything: none is loaded, or a proxy in front hides the client's address."""
GOOGLES = UNTOLD | {NetworkKind.GOOGLE}


def _is_not_get(hit: Evidence, _: object) -> bool:
    return hit.method != "GET" and hit.method.upper() != "GET"


MACHINE_RULES: tuple[Rule, ...] = (
    Rule("method_not_get", Verdict.SCANNER, 0.97, Match(when=_is_not_get)),
    Rule("known_automation", Verdict.SCANNER, 0.97, Match(agents=frozenset({Agent.AUTOMATION}))),
    Rule("link_unfurler", Verdict.SCANNER, 0.97, Match(agents=frozenset({Agent.UNFURLER}))),
    Rule("security_scanner_agent", Verdict.SCANNER, 0.97, Match(agents=frozenset({Agent.SECURITY}))),
    Rule("robot_header", Verdict.SCANNER, 0.95, Match(when=lambda hit, _: names_robot(hit.headers))),
    Rule("prefetch_header", Verdict.PREFETCH, 0.95, Match(when=lambda hit, _: is_ahead_of_reader(hit.headers))),
    Rule(
        "gmail_prefetch",
        Verdict.PREFETCH,
        0.99,
        Match(agents=frozenset({Agent.GMAIL_PREFETCH}), networks=GOOGLES),
    ),
    Rule("gmail_prefetch", Verdict.PREFETCH, 0.9, Match(agents=frozenset({Agent.GMAIL_PREFETCH}))),
    Rule(
        "gmail_prefetch",
        Verdict.PREFETCH,
        0.95,
        Match(agents=frozenset({Agent.GMAIL_PREFETCH_LIKE}), networks=frozenset({NetworkKind.GOOGLE})),
    ),
    Rule(
        "gmail_prefetch",
        Verdict.PREFETCH,
        0.7,
        Match(agents=frozenset({Agent.GMAIL_PREFETCH_LIKE}), networks=UNTOLD),
    ),
    Rule("before_sending", Verdict.SELF, 0.9, Match(age=(-EVER, -GRACE_SECONDS))),
    Rule("security_network", Verdict.SCANNER, 0.9, Match(networks=frozenset({NetworkKind.SECURITY}))),
    Rule("no_user_agent", Verdict.SCANNER, 0.8, Match(kinds=CLICKS, agents=frozenset({Agent.NONE}))),
    Rule("no_user_agent", Verdict.SCANNER, 0.7, Match(kinds=OPENS, agents=frozenset({Agent.NONE}))),
)
