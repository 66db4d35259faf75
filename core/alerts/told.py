"""What people were told already, or are about to be, of the messages at hand: read once, then asked and changed.

Owns the picture of the outbox that planning works on, and the changes to write back. Decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.alerts.rules import CHANNELS, RULES
from core.alerts.states import UNSENT, State
from core.hits.changes import EventChange
from core.signal.evidence import Kind
from core.storage.bulk import BulkStatement
from core.storage.columns import UtcDateTime
from core.storage.keyed_query import KeyedQuery, keys
from core.storage.models import Alert, Event

_ONCE = tuple(rule.name for rule in RULES if rule.once)
_ALERTS = Alert.metadata.tables[Alert.__tablename__]
_LONGEST_QUIET = max(policy.quiet for policy in CHANNELS.values())


class Scope(NamedTuple):
    """Whose events belong together: one recipient's of one kind; the message's where a shared copy cannot tell."""

    message_id: str
    recipient_id: str | None
    kind: Kind


class Audience(NamedTuple):
    """Who is told of a scope, and where."""

    user_id: str
    channel: str
    scope: Scope


@dataclass(slots=True)
class Told:
    """One alert of the outbox, as far as planning reads it."""

    id: str
    audience: Audience
    event_id: str
    at: datetime
    rule: str
    state: str
    correction: str | None
    sent_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Say whether it stands: neither withdrawn nor corrected."""
        return self.state != State.WITHDRAWN and self.correction is None


@dataclass(slots=True)
class Outbox:
    """The alerts at hand by what is asked of them, and what is to be written."""

    by_event: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    by_audience: dict[Audience, list[Told]] = field(default_factory=lambda: defaultdict(list))
    updates: list[dict[str, Any]] = field(default_factory=list)
    inserts: list[dict[str, Any]] = field(default_factory=list)

    def add(self, told: Told) -> None:
        """Take one alert into the picture."""
        self.by_event[told.event_id].append(told)
        self.by_audience[told.audience].append(told)

    def list_active(self, audience: Audience) -> list[Told]:
        """List what stands for an audience."""
        return [told for told in self.by_audience.get(audience, ()) if told.is_active]

    def has_rule(self, audience: Audience, rule: str) -> bool:
        """Say whether an alert of a rule stands for an audience."""
        return any(told.rule == rule for told in self.list_active(audience))

    def change(self, told: Told, **values: Any) -> None:
        """Change one alert, in the picture and in the table."""
        for name in ("state", "correction"):
            if name in values:
                setattr(told, name, values[name])
        self.updates.append({"id": told.id, **values})


def load_outbox(session: Session, changes: Collection[EventChange], now: datetime) -> Outbox:
    """Read the alerts of the changed messages that can still matter: one query, however many changes."""
    earliest = min(change.at for change in changes) - _LONGEST_QUIET
    messages = {change.message_id for change in changes}
    outbox = Outbox()
    for identifier, user_id, channel, message_id, recipient_id, kind, *rest in _MATTERING.execute(
        session, messages, earliest=earliest, lately=now - _LONGEST_QUIET
    ):
        outbox.add(Told(identifier, Audience(user_id, channel, Scope(message_id, recipient_id, Kind(kind))), *rest))
    return outbox


_MATTERING = KeyedQuery(
    select(
        Alert.id,
        Alert.user_id,
        Alert.channel,
        Alert.message_id,
        Event.recipient_id,
        Event.kind,
        Alert.event_id,
        Event.at,
        Alert.rule,
        Alert.state,
        Alert.correction,
        Alert.sent_at,
    )
    .join(Event, Event.id == Alert.event_id)
    .where(
        Alert.message_id.in_(keys()),
        or_(
            *(Alert.rule == rule for rule in _ONCE),
            *(Alert.state == state for state in UNSENT),
            Event.at >= bindparam("earliest", type_=UtcDateTime()),
            Alert.sent_at >= bindparam("lately", type_=UtcDateTime()),
        ),
    )
)


def save_outbox(session: Session, outbox: Outbox) -> None:
    """Write what changed: one statement for each shape of change."""
    if outbox.updates:
        session.execute(update(Alert), sorted(outbox.updates, key=len))  # one statement for each run of like rows
    if outbox.inserts:
        _INSERTS[session.get_bind().dialect.name].execute(session, outbox.inserts)


# What another transaction wrote for the same cause is left alone.
_INSERTS = {
    "sqlite": BulkStatement(sqlite.insert(_ALERTS).on_conflict_do_nothing(index_elements=["unique_key"])),
    "postgresql": BulkStatement(postgresql.insert(_ALERTS).on_conflict_do_nothing(index_elements=["unique_key"])),
}


def derive_unique_key(audience: Audience, rule: str, event_id: str | None) -> str:
    """Name the cause of an alert; `event_id` is None for a rule that speaks once for its scope."""
    scope = audience.scope
    cause = f"{audience.user_id}|{scope.message_id}|{scope.recipient_id or ''}|{event_id or ''}"
    return f"{rule}:{audience.channel}:{blake2b(cause.encode(), digest_size=16).hexdigest()}"
