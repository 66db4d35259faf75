"""The API as tests meet it: a Flask client with a token, messages registered, events written as judging would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.accounts.api_tokens import create_api_token
from core.hits.changes import EventChange
from core.hits.tallies import apply_changes
from core.keys import KeyRing
from core.settings import Settings
from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.storage.identifiers import create_id
from core.storage.models import Copy, Event, Message, Recipient, User, Workspace
from core.timeline.correction import Rejudge
from core.tokens import TokenSigner
from core.web.access import refuse_unmarked
from core.web.api import ApiServices, create_api

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@dataclass
class FakeJudge:
    """Judges by corrections alone, and remembers what it was asked."""

    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    due: Sequence[str] = ("alert",)

    def __call__(self, session: Session, message_id: str, since: datetime, until: datetime) -> Sequence[str]:
        self.asked.append((message_id, since, until))
        for event in session.scalars(select(Event).where(Event.message_id == message_id)):
            if event.corrected is not None and event.corrected != event.verdict:
                event.verdict = event.corrected
                event.revision += 1
                event.feed_position = take_position(session, event.workspace_id)
        return self.due


@dataclass
class Clock:
    """A time that a test sets."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time


@dataclass
class ApiClient:
    """Calls the API with a token."""

    app: Flask
    token: str
    judge: FakeJudge
    clock: Clock
    delivered: list[str]
    client: FlaskClient

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> Any:
        """Call a route and return its response; `path` is relative to /api/v1."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        if json is not None:
            options["json"] = json
        return self.client.open("/api/v1" + path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        """GET a route."""
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        """POST to a route."""
        return self.call("POST", path, json, **options)

    def register(self, **fields: Any) -> dict[str, Any]:
        """Register a message and return the answer."""
        response = self.post("/messages", new_message(**fields))
        assert response.status_code == 201, response.text
        registered: dict[str, Any] = response.json
        return registered


def new_message(**fields: Any) -> dict[str, Any]:
    """Build a body for POST /messages."""
    return {
        "subject": "Offer",
        "sender": "olga@example.com",
        "recipients": [{"address": "ann@example.com", "name": "Ann"}],
        "links": ["https://example.com/a"],
        "mode": "shared",
    } | fields


def create_client(
    settings: Settings,
    sessions: Sessions,
    reading_sessions: Sessions,
    ring: KeyRing,
    user: User,
    *,
    judge: Rejudge | None = None,
    **options: Any,
) -> ApiClient:
    """Make an application with the API alone, and a token of `user`."""
    fake, clock, delivered = FakeJudge(), Clock(), list[str]()
    options |= {"deliver": delivered.extend, "now": clock}
    services = build_services(settings, sessions, reading_sessions, ring, judge or fake, **options)
    app = Flask("api-under-test", static_folder=None)
    refuse_unmarked(app)
    app.register_blueprint(create_api(services))
    with sessions.begin() as session:
        token = create_api_token(session, user, "tests", NOW)
    return ApiClient(app, token, fake, clock, delivered, app.test_client())


def build_services(
    settings: Settings, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, judge: Rejudge, **options: Any
) -> ApiServices:
    """Fill in what the API works with."""
    return ApiServices(
        settings=settings,
        sessions=sessions,
        reading_sessions=reading_sessions,
        keys=lambda: ring,
        signer=lambda: TokenSigner(ring),
        rejudge=judge,
        **options,
    )


def create_stranger(sessions: Sessions) -> User:
    """Make a user of another workspace."""
    with sessions.begin() as session:
        workspace = Workspace(name="Elsewhere", created_at=NOW)
        session.add(workspace)
        session.flush()
        user = User(workspace_id=workspace.id, email="sam@elsewhere.example", role="owner", created_at=NOW)
        session.add(user)
    return user


def take_position(session: Session, workspace_id: str) -> int:
    """Take the next place in a workspace's feed, as judging does."""
    raised = (
        update(Workspace)
        .where(Workspace.id == workspace_id)
        .values(feed_position=Workspace.feed_position + 1)
        .returning(Workspace.feed_position)
    )
    return session.execute(raised.execution_options(synchronize_session=False)).scalar_one()


def add_event(
    sessions: Sessions,
    message_id: str,
    *,
    address: str | None = None,
    kind: Kind = Kind.OPEN,
    verdict: Verdict | None = Verdict.HUMAN,
    after: timedelta = timedelta(minutes=5),
    **values: Any,
) -> str:
    """Store an event as judging would, sums included. `address` says whose copy; tied to one where it has but one."""
    with sessions.begin() as session:
        message = session.get_one(Message, message_id)
        copy, recipient = _find_copy(session, message_id, address)
        event = Event(
            id=create_id(),
            workspace_id=message.workspace_id,
            message_id=message_id,
            copy_id=copy.id,
            recipient_id=recipient.id if recipient else None,
            feed_position=take_position(session, message.workspace_id),
            kind=kind.value,
            at=(message.sent_at or NOW) + after,
            verdict=verdict.value if verdict else None,
            confidence=0.9 if verdict else None,
            **{"reasons": "person_on_device", "rules": "2026.11.1", "client_name": "Gmail"} | values,
        )
        session.add(event)
        session.flush()
        change = EventChange(
            event_id=event.id,
            workspace_id=event.workspace_id,
            user_id=message.user_id,
            message_id=message_id,
            recipient_id=event.recipient_id,
            kind=kind,
            at=event.at,
            link_number=event.link_number,
            is_new=True,
            old_verdict=None,
            verdict=verdict,
            settles_at=None,
        )
        apply_changes(session, [change])
        return event.id


def _find_copy(session: Session, message_id: str, address: str | None) -> tuple[Copy, Recipient | None]:
    query = select(Recipient).where(Recipient.message_id == message_id).order_by(Recipient.position)
    if address is not None:
        query = query.where(Recipient.address_folded == address.lower())
    first = session.scalars(query).first()
    assert first is not None
    on_copy = session.scalars(select(Recipient).where(Recipient.copy_id == first.copy_id)).all()
    return session.get_one(Copy, first.copy_id), first if len(on_copy) == 1 else None
