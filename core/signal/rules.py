"""The whole table of rules in the order in which they are tried, and the remarks that go with verdicts."""

from __future__ import annotations

from functools import cache

from core.signal.agents import Agent
from core.signal.click_rules import (
    BROWSER_CLICK_RULES,
    DATA_CENTRE_CLICK_RULES,
    HASTY_CLICK_RULES,
    LINK_RULES,
)
from core.signal.crowd_rules import CROWD_RULES
from core.signal.evidence import Kind, NetworkKind, Verdict
from core.signal.headers import is_navigation
from core.signal.machine_rules import MACHINE_RULES
from core.signal.open_rules import (
    BROWSER_OPEN_RULES,
    DATA_CENTRE_OPEN_RULES,
    MAIL_CLIENT_RULES,
    PIXEL_RULES,
)
from core.signal.proxy_rules import APPLE_RULES, FORGERY_RULES, PROXY_RULES
from core.signal.rule import CLICKS, Match, Remark, Rule
from core.signal.sender_rules import AROUND_SENDING_RULES, SENDER_CLICK_RULES, SENDER_OPEN_RULES
from core.signal.thresholds import GRACE_SECONDS, SCAN_SECONDS

RULES_VERSION = "2026.11.1"
"""Changes with every change to a rule, a signature or a threshold: verdicts of two versions may differ."""

RULES: tuple[Rule, ...] = (
    *MACHINE_RULES,
    *FORGERY_RULES,
    *PIXEL_RULES,
    *SENDER_OPEN_RULES,
    *PROXY_RULES,
    *APPLE_RULES,
    *LINK_RULES,
    *CROWD_RULES,
    *SENDER_CLICK_RULES,
    *AROUND_SENDING_RULES,
    *DATA_CENTRE_OPEN_RULES,
    *MAIL_CLIENT_RULES,
    *BROWSER_OPEN_RULES,
    *DATA_CENTRE_CLICK_RULES,
    *HASTY_CLICK_RULES,
    *BROWSER_CLICK_RULES,
)

NO_RULE = Rule("no_rule_matched", Verdict.UNKNOWN, 0.3, Match())
"""What is said of a hit on which every rule is silent."""

CORRECTED = "corrected_by_person"

_PEOPLE = frozenset({Verdict.HUMAN, Verdict.HUMAN_VIA_PROXY})
_UNSURE = frozenset({Verdict.UNKNOWN})

REMARKS: tuple[Remark, ...] = (
    Remark("soon_after_sending", _PEOPLE | _UNSURE, Match(age=(0.0, SCAN_SECONDS))),
    Remark("follows_open", _PEOPLE, Match(kinds=CLICKS, when=lambda _, context: context.follows_open)),
    Remark("browser_navigation", _PEOPLE, Match(kinds=CLICKS, when=lambda hit, _: is_navigation(hit.headers))),
    Remark("possibly_sender", _UNSURE, Match(age=(-GRACE_SECONDS, 0.0))),
    Remark("possibly_sender", _UNSURE, Match(when=lambda _, context: context.viewed)),
    Remark("microsoft_network", _UNSURE, Match(networks=frozenset({NetworkKind.MICROSOFT}))),
    Remark("hosting_network", _UNSURE | {Verdict.PREFETCH}, Match(networks=frozenset({NetworkKind.HOSTING}))),
)


@cache
def rules_for(kind: Kind, agent: Agent, network: NetworkKind) -> tuple[Rule, ...]:
    """Give the rules that a hit of this sort can match, in order."""
    return tuple(rule for rule in RULES if rule.match.may_hold(kind, agent, network))


@cache
def remarks_for(kind: Kind, agent: Agent, network: NetworkKind, verdict: Verdict) -> tuple[Remark, ...]:
    """Give the remarks that can go with `verdict` on a hit of this sort, in order."""
    return tuple(
        remark for remark in REMARKS if verdict in remark.verdicts and remark.match.may_hold(kind, agent, network)
    )
