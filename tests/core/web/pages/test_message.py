from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.privacy.stopping import stop_copy
from core.storage.models import Copy, Message
from core.web.services import WebServices
from tests.support.pages import PageClient

SHARED_BY_THREE = "Kick-off on Monday: agenda and dial-in"
TO_ONE = "Offer for the new website"


@pytest.fixture
def samples(browser: PageClient) -> PageClient:
    """A browser that is shown the sample messages."""
    browser.submit("/activity", "/samples")
    return browser


def find(services: WebServices, subject: str) -> Message:
    with services.sessions() as session:
        return session.scalars(select(Message).where(Message.subject == subject)).one()


@pytest.mark.parametrize(("subject", "whose"), [(SHARED_BY_THREE, "one of 3, and nobody can tell which"), (TO_ONE, "")])
def test_that_a_recipient_stopped_tracking_is_said_and_not_who_of_several(
    samples: PageClient, services: WebServices, subject: str, whose: str
) -> None:
    message = find(services, subject)
    path = f"/messages/{message.id}"
    assert "Nothing more is recorded" not in samples.get(path).text
    with services.sessions.begin() as session:
        copy = session.scalars(select(Copy).where(Copy.message_id == message.id)).first()
        assert copy is not None
        stop_copy(session, copy.id, services.clock())
    page = samples.get(path).text
    assert "Tracking was stopped by a recipient" in page
    assert whose in page
    assert ("nobody can tell which" in page) is bool(whose)


def test_a_stop_from_before_sending_is_an_erasure(samples: PageClient, services: WebServices) -> None:
    message = find(services, TO_ONE)
    assert message.sent_at is not None
    with services.sessions.begin() as session:
        for copy in session.scalars(select(Copy).where(Copy.message_id == message.id)):
            copy.stopped_at = message.sent_at - timedelta(days=1)
    assert "A recipient had what was recorded of this message erased" in samples.get(f"/messages/{message.id}").text


def test_a_message_over_a_temporary_address_says_so(samples: PageClient, services: WebServices) -> None:
    message = find(services, TO_ONE)
    assert "temporary address" not in samples.get(f"/messages/{message.id}").text
    with services.sessions.begin() as session:
        session.get_one(Message, message.id).is_over_temporary_url = True
    assert "temporary address" in samples.get(f"/messages/{message.id}").text


def test_a_test_message_is_called_one(samples: PageClient, services: WebServices) -> None:
    message = find(services, TO_ONE)
    with services.sessions.begin() as session:
        session.get_one(Message, message.id).is_test = True
    page = samples.get(f"/messages/{message.id}").text
    assert '<span class="mark">Test</span>' in page
    assert '<span class="mark">Sample</span>' not in page
