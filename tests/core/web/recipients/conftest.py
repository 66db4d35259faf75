"""A message that was sent, and the pages of its recipients on an app of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.keys import KeyRing
from core.links import build_page_url
from core.messages.draft import DraftRecipient, MessageDraft, Mode
from core.messages.register import register_message
from core.storage.engine import Sessions
from core.storage.models import Copy, Recipient, User
from core.tokens import TokenSigner
from core.web.factory import create_app
from core.web.recipients.blueprint import create_recipient_blueprint
from core.web.recipients.later import Later
from core.web.recipients.limits import LetterLimits
from core.web.recipients.services import RecipientServices
from core.web.services import WebServices
from tests.support.pages import Clock

ANN, BOB = "ann@example.com", "bob@example.com"


@dataclass
class Pages:
    """What recipients do, without any account."""

    app: Flask
    services: RecipientServices
    owner: User
    mailed: list[tuple[str, str, str, str]]
    later: Later
    clock: Clock
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def send(self, *addresses: str, mode: Mode = Mode.SHARED) -> str:
        """Track a message sent an hour ago; return its id."""
        draft = MessageDraft(
            subject="Offer for Ann",
            sender="olga@example.com",
            recipients=tuple(DraftRecipient(address, address.split("@")[0].title()) for address in addresses),
            links=("https://example.com/a",),
            mode=mode,
            sent_at=self.clock.now - timedelta(hours=1),
        )
        with self.services.sessions.begin() as session:
            signer = self.services.signer()
            return register_message(session, signer, "https://t.example", self.owner, draft, self.clock.now).message_id

    def copy_id(self, message_id: str, address: str | None = None) -> int:
        """Return the id of a message's first copy, or of a recipient's."""
        with self.services.sessions() as session:
            if address is None:
                return session.scalars(select(Copy.id).where(Copy.message_id == message_id)).first() or 0
            wanted = (Recipient.message_id == message_id, Recipient.address_folded == address)
            return session.scalars(select(Recipient.copy_id).where(*wanted)).one()

    def path(self, message_id: str, address: str | None = None) -> str:
        """Return the path of a copy's page."""
        return build_page_url("", self.services.signer(), self.copy_id(message_id, address))

    def get(self, path: str, language: str = "en", host: str = "old-domain.example", **headers: str) -> TestResponse:
        """Fetch a page."""
        answer: TestResponse = self.client.get(path, headers={"Accept-Language": language, "Host": host, **headers})
        return answer

    def post(self, path: str, action: str, host: str = "old-domain.example", **options: str) -> TestResponse:
        """Send a form; `options` are further fields and, with a capital, headers."""
        headers = {name.replace("_", "-"): value for name, value in options.items() if name[0].isupper()}
        form = {name: value for name, value in options.items() if not name[0].isupper()}
        answer: TestResponse = self.client.post(
            path, data={"action": action, **form}, headers={"Host": host, **headers}
        )
        return answer


def make_services(
    web: WebServices, ring: KeyRing, mailed: list[tuple[str, str, str, str]], later: Later
) -> RecipientServices:
    """Fill in what the pages work with; mail ends in `mailed`."""
    return RecipientServices(
        settings=web.settings,
        sessions=web.sessions,
        reading_sessions=web.reading_sessions,
        keys=lambda: ring,
        signer=lambda: TokenSigner(ring),
        after_erasure=lambda: None,
        send_link=lambda *words: mailed.append(words),
        later=later,
        limits=LetterLimits(),
        clock=web.clock,
    )


@pytest.fixture
def pages(services: WebServices, sessions: Sessions, ring: KeyRing, owner: User, clock: Clock) -> Pages:
    """The recipients' pages of an installation."""
    mailed: list[tuple[str, str, str, str]] = []
    later = Later()
    made = make_services(services, ring, mailed, later)
    app = create_app(replace(services, blueprints=(create_recipient_blueprint(made),)))
    return Pages(app, made, owner, mailed, later, clock)
