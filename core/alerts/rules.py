"""What people want to hear of, and where: the table of rules and channels, and each user's choice among them.

Owns which rules and channels exist and who enabled which. A new rule is a line in `RULES`, a new channel a line in
`CHANNELS`. When an alert is raised is `planning`'s.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from core.alerts.states import UNSENT, State
from core.errors import InputError
from core.signal.evidence import Kind
from core.storage.models import Alert, AlertRule, User
from core.wording import mark


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a message that a person may want to hear of.

    `once`: only for the first such event of a recipient (of the message, where a shared copy cannot tell who).
    """

    name: str
    kind: Kind
    once: bool
    words: str


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """How a channel is spoken to.

    `is_external`: an alert leaves through a `Channel`; otherwise it is sent by being stored. `quiet`: for this long
    after one alert, further ones of the same message, recipient and kind join it (stored ones) or wait (external ones,
    which cannot be changed once they left).
    """

    name: str
    is_external: bool
    quiet: timedelta
    default_rules: tuple[str, ...]


APP = "app"
EMAIL = "email"

# The order is precedence: one event raises one alert on a channel, by the first rule that wants it.
RULES = (
    Rule("first_open", Kind.OPEN, True, mark("the first time that a recipient opens a message")),
    Rule("every_open", Kind.OPEN, False, mark("every time that a message is opened")),
    Rule("any_click", Kind.CLICK, False, mark("when a link is clicked")),
)

# E-mail: at most one mail in 30 minutes for the same message, recipient and kind of event.
CHANNELS = {
    APP: ChannelPolicy(APP, False, timedelta(minutes=10), ("first_open", "every_open", "any_click")),
    EMAIL: ChannelPolicy(EMAIL, True, timedelta(minutes=30), ("first_open", "any_click")),
}

RULE_BY_NAME = {rule.name: rule for rule in RULES}
WATCHED_KINDS = frozenset(rule.kind for rule in RULES)

# Top-level names that no mail reaches from outside (RFC 6761), such as the address of an owner who gave none.
_UNREACHABLE = ("localhost", "invalid", "local")


@dataclass(frozen=True, slots=True)
class Choice:
    """One user's choice for one rule on one channel."""

    rule: str
    channel: str
    words: str
    enabled: bool


def is_external(channel: str) -> bool:
    """Say whether alerts on a channel leave through a `Channel`; so do those of one that this code does not know."""
    policy = CHANNELS.get(channel)
    return policy is None or policy.is_external


def is_reachable(address: str) -> bool:
    """Say whether mail to an address can arrive at all, as far as its form tells."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return "." in domain and domain.rpartition(".")[2] not in _UNREACHABLE


def create_default_rules(session: Session, user: User, *, with_email: bool = False) -> None:
    """Give a user the rules that suit most; what they chose before stays. `with_email`: SMTP is configured."""
    channels = [APP, EMAIL] if with_email and is_reachable(user.email) else [APP]
    chosen = set(session.scalars(select(AlertRule.channel).where(AlertRule.user_id == user.id)))
    for channel in channels:
        if channel not in chosen:
            session.add_all(
                AlertRule(user_id=user.id, rule=rule, channel=channel) for rule in CHANNELS[channel].default_rules
            )
    session.flush()


def create_email_defaults(session: Session) -> int:
    """Give the e-mail rules to users who have none yet; for the first start with SMTP configured. Return how many."""
    mailed = select(AlertRule.user_id).where(AlertRule.channel == EMAIL)
    users = [user for user in session.scalars(select(User).where(User.id.not_in(mailed))) if is_reachable(user.email)]
    for user in users:
        create_default_rules(session, user, with_email=True)
    return len(users)


def list_rules(session: Session, user_id: str) -> list[Choice]:
    """List every rule on every channel, and whether the user enabled it."""
    enabled = find_enabled(session, [user_id])
    return [
        Choice(rule.name, channel, rule.words, (user_id, rule.name, channel) in enabled)
        for channel in CHANNELS
        for rule in RULES
    ]


def set_rule(session: Session, user_id: str, rule: str, channel: str, *, enabled: bool) -> None:
    """Switch one rule on one channel; switching off also drops what it has not sent. Raises InputError."""
    if rule not in RULE_BY_NAME or channel not in CHANNELS:
        raise InputError(f"There is no rule {rule!r} on a channel {channel!r}.")
    row = session.scalar(
        select(AlertRule).where(AlertRule.user_id == user_id, AlertRule.rule == rule, AlertRule.channel == channel)
    )
    if row is None:
        session.add(AlertRule(user_id=user_id, rule=rule, channel=channel, enabled=enabled))
    else:
        row.enabled = enabled
    session.flush()
    if not enabled:
        _drop_unsent(session, user_id, channel, [rule])


def disable_channel(session: Session, user_id: str, channel: str) -> None:
    """Switch off every rule of a channel, also those that become defaults later, and drop what is not sent."""
    for rule in RULE_BY_NAME:
        set_rule(session, user_id, rule, channel, enabled=False)


def find_enabled(session: Session, user_ids: Collection[str]) -> set[tuple[str, str, str]]:
    """Find the enabled rules of some users as (user id, rule, channel)."""
    query = select(AlertRule.user_id, AlertRule.rule, AlertRule.channel)
    rows = session.execute(query.where(AlertRule.user_id.in_(user_ids), AlertRule.enabled))
    return {(user_id, rule, channel) for user_id, rule, channel in rows}


def _drop_unsent(session: Session, user_id: str, channel: str, rules: Collection[str]) -> None:
    """Withdraw alerts on their way. One that waits to be corrected was sent: it stays so, uncorrected."""
    session.execute(
        update(Alert)
        .where(Alert.user_id == user_id, Alert.channel == channel, Alert.rule.in_(rules), Alert.state.in_(UNSENT))
        .values(state=case((Alert.sent_at.is_(None), State.WITHDRAWN.value), else_=State.SENT.value))
        .execution_options(synchronize_session=False)
    )
