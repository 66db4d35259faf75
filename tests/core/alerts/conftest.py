"""A world to raise alerts in: messages, events in the table, and the changes that storing them makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.alerts.planning import plan_alerts
from core.alerts.rules import create_default_rules, set_rule
from core.hits.changes import EventChange
from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.storage.identifiers import create_id
from core.storage.models import Alert, Copy, Event, Link, Message, Recipient, User

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@dataclass
class World:
    """Writes events as the worker does, in one transaction with the alerts that they ask for."""

    sessions: Sessions
    owner: User
    _position: int = field(default=0)

    def choose(self, *rules: tuple[str, str]) -> None:
        """Enable exactly these (rule, channel)."""
        with self.sessions.begin() as session:
            for channel in ("app", "email"):
                for rule in ("first_open", "every_open", "any_click"):
                    set_rule(session, self.owner.id, rule, channel, enabled=(rule, channel) in rules)

    def choose_defaults(self) -> None:
        """Enable what a new user with e-mail gets."""
        with self.sessions.begin() as session:
            create_default_rules(session, self.owner, with_email=True)

    def send(self, *addresses: str, subject: str = "Offer", name: str | None = None, shared: bool = True) -> Message:
        """Track one message."""
        with self.sessions.begin() as session:
            message = Message(
                workspace_id=self.owner.workspace_id,
                user_id=self.owner.id,
                subject=subject,
                sender=self.owner.email,
                mode="shared" if shared else "per_recipient",
                status="sent",
                sent_at=NOW - timedelta(hours=1),
                created_at=NOW - timedelta(hours=1),
            )
            session.add(message)
            session.flush()
            copy = Copy(message_id=message.id)
            session.add(copy)
            session.flush()
            for address in addresses:
                if not shared:
                    copy = Copy(message_id=message.id)
                    session.add(copy)
                    session.flush()
                session.add(
                    Recipient(
                        message_id=message.id,
                        copy_id=copy.id,
                        address=address,
                        address_folded=address.lower(),
                        name=name,
                        kind="to",
                    )
                )
            session.add(Link(message_id=message.id, number=0, url="https://shop.example/offer?a=1&b=2"))
        return message

    def recipients(self, message: Message) -> list[str]:
        """List the ids of a message's recipients."""
        with self.sessions() as session:
            return list(
                session.scalars(
                    select(Recipient.id).where(Recipient.message_id == message.id).order_by(Recipient.address)
                )
            )

    def visit(
        self,
        message: Message,
        verdict: Verdict = Verdict.HUMAN,
        *,
        kind: Kind = Kind.OPEN,
        recipient_id: str | None = None,
        at: datetime = NOW,
        settle_seconds: float = 0,
        confidence: float = 0.95,
    ) -> EventChange:
        """Describe one new event; `store` writes it."""
        return EventChange(
            event_id=create_id(),
            workspace_id=message.workspace_id,
            user_id=message.user_id,
            message_id=message.id,
            recipient_id=recipient_id,
            kind=kind,
            at=at,
            link_number=0 if kind is Kind.CLICK else None,
            is_new=True,
            old_verdict=None,
            verdict=verdict,
            settles_at=at + timedelta(seconds=settle_seconds) if settle_seconds else None,
            is_sample=message.is_sample,
        )

    def rejudge(self, change: EventChange, verdict: Verdict) -> EventChange:
        """Describe that an event's verdict changed."""
        return EventChange(
            change.event_id,
            change.workspace_id,
            change.user_id,
            change.message_id,
            change.recipient_id,
            change.kind,
            change.at,
            change.link_number,
            is_new=False,
            old_verdict=change.verdict,
            verdict=verdict,
            settles_at=change.settles_at,
        )

    def store(self, *changes: EventChange, now: datetime = NOW) -> list[str]:
        """Write events and plan their alerts in one transaction; return the ids due at once."""
        with self.sessions.begin() as session:
            for change in changes:
                event = session.get(Event, change.event_id)
                if event is None:
                    self._position += 1
                    event = Event(
                        id=change.event_id,
                        workspace_id=change.workspace_id,
                        message_id=change.message_id,
                        recipient_id=change.recipient_id,
                        feed_position=self._position,
                        kind=change.kind.value,
                        at=change.at,
                        link_number=change.link_number,
                        confidence=0.95,
                        reasons="gmail_image_proxy",
                        client_name="Gmail",
                        settles_at=change.settles_at,
                    )
                    session.add(event)
                event.verdict = change.verdict.value if change.verdict else None
            session.flush()
            return plan_alerts(session, changes, now)

    def replan(self, changes: Iterable[EventChange], now: datetime = NOW) -> list[str]:
        """Plan changes again whose events are stored."""
        with self.sessions.begin() as session:
            return plan_alerts(session, list(changes), now)

    def alerts(self, *states: str, channel: str | None = None) -> list[Alert]:
        """List the alerts in some states (all, without any), oldest first."""
        with self.sessions() as session:
            alerts = session.scalars(select(Alert).order_by(Alert.id)).all()
        return [
            alert
            for alert in alerts
            if (not states or alert.state in states) and (channel is None or alert.channel == channel)
        ]

    def alert(self, alert_id: str) -> Alert:
        """Read one alert."""
        with self.sessions() as session:
            return session.get_one(Alert, alert_id)


@pytest.fixture
def world(sessions: Sessions, owner: User) -> World:
    """A world with an owner, without any rule."""
    return World(sessions, owner)
