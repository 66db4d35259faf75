"""Rules for the sender's own views, besides those before sending.

A heads-up says that the sender reads the message in Gmail or Outlook now. What those programs send is then theirs;
another provider's proxy cannot be, and could be anybody's.
"""

from __future__ import annotations

from core.signal.agents import OTHER_PROXIES, PEOPLES_PROGRAMS, PROXIES, Agent
from core.signal.context import Context
from core.signal.evidence import Evidence, Verdict
from core.signal.rule import CLICKS, OPENS, Match, Rule
from core.signal.thresholds import GRACE_SECONDS

_SENDERS_READERS = frozenset({Agent.GMAIL_PROXY, Agent.OUTLOOK, Agent.BROWSER, Agent.WEB_VIEW})
_SHOWING = PEOPLES_PROGRAMS | PROXIES


def _is_viewed(_: Evidence, context: Context) -> bool:
    return context.viewed


def _is_to_self(hit: Evidence, _: Context) -> bool:
    return (
        hit.sender is not None
        and hit.recipient is not None
        and hit.recipient.strip().lower() == hit.sender.strip().lower()
    )


_TO_SELF = Rule("recipient_is_sender", Verdict.SELF, 0.85, Match(agents=_SHOWING, when=_is_to_self))

SENDER_OPEN_RULES: tuple[Rule, ...] = (
    Rule("sender_was_viewing", Verdict.SELF, 0.9, Match(kinds=OPENS, agents=_SENDERS_READERS, when=_is_viewed)),
    Rule(
        "sender_was_viewing",
        Verdict.SELF,
        0.6,
        Match(kinds=OPENS, agents=frozenset({Agent.APPLE_MAIL, Agent.MAIL_CLIENT}), when=_is_viewed),
    ),
    Rule("possibly_sender", Verdict.UNKNOWN, 0.5, Match(kinds=OPENS, agents=OTHER_PROXIES, when=_is_viewed)),
    _TO_SELF,
)

SENDER_CLICK_RULES: tuple[Rule, ...] = (
    Rule(
        "sender_was_viewing",
        Verdict.SELF,
        0.7,
        Match(
            kinds=CLICKS,
            agents=frozenset({Agent.BROWSER, Agent.WEB_VIEW, Agent.APPLE_MAIL}),
            when=_is_viewed,
        ),
    ),
    _TO_SELF,
)

AROUND_SENDING_RULES: tuple[Rule, ...] = (
    Rule("around_sending", Verdict.UNKNOWN, 0.4, Match(age=(-GRACE_SECONDS, 0.0))),
)
"""Within the grace before the moment of sending, which is a claim: the sender's own view, or a clock that differs."""
