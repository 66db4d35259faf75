"""Leaving alert mail without signing in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.email import create_email_channel
from core.alerts.outbox import deliver_alert
from core.alerts.rules import list_rules
from core.alerts.unsubscribe import PATH, sign_unsubscribe, verify_unsubscribe
from core.alerts.web import create_unsubscribe_blueprint
from core.errors import VerificationError
from core.keys import KeyRing, create_key, parse_keys
from core.settings import Settings
from core.storage.identifiers import create_id
from core.web.access import refuse_unmarked
from tests.core.alerts.conftest import NOW, World
from tests.fakes.smtp import run_smtp

RING = parse_keys(f"{create_key()},{create_key()}")
USER = create_id()


@pytest.fixture
def client(world: World, ring: KeyRing) -> Iterator[FlaskClient]:
    app = Flask("test")
    app.register_blueprint(create_unsubscribe_blueprint(world.sessions, lambda: ring))
    refuse_unmarked(app)
    with app.test_client() as client:
        yield client


def mailed_rules(world: World) -> list[str]:
    with world.sessions() as session:
        choices = list_rules(session, world.owner.id)
    return [choice.rule for choice in choices if choice.enabled and choice.channel == "email"]


def test_a_token_names_its_user_under_old_keys_too() -> None:
    token = sign_unsubscribe(RING, USER)
    assert verify_unsubscribe(RING, token) == USER
    rotated = KeyRing((*parse_keys(create_key()).keys, *RING.keys))
    assert verify_unsubscribe(rotated, token) == USER
    with pytest.raises(VerificationError):
        verify_unsubscribe(parse_keys(create_key()), token)


@given(st.data())
def test_no_altered_token_verifies(data: st.DataObject) -> None:
    token = sign_unsubscribe(RING, USER)
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters())
    altered = token[:place] + character + token[place + 1 :]
    if altered != token:
        with pytest.raises(VerificationError):
            verify_unsubscribe(RING, altered)


@given(st.text(max_size=80))
def test_no_made_up_token_verifies(token: str) -> None:
    with pytest.raises(VerificationError):
        verify_unsubscribe(RING, token)


def test_looking_at_the_link_changes_nothing_and_posting_does(world: World, client: FlaskClient, ring: KeyRing) -> None:
    world.choose_defaults()
    world.store(world.visit(world.send("ann@example.com")))
    path = PATH + sign_unsubscribe(ring, world.owner.id)
    shown = client.get(path)
    assert shown.status_code == 200
    assert '<form method="post">' in shown.text
    assert client.head(path).status_code == 200
    assert mailed_rules(world) == ["first_open", "any_click"]
    done = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert mailed_rules(world) == []
    assert [alert.state for alert in world.alerts(channel="email")] == ["withdrawn"]
    assert [alert.state for alert in world.alerts(channel="app")] == ["sent"]
    assert "Set-Cookie" not in done.headers
    assert client.post(path).status_code == 200


@pytest.mark.parametrize("token", ["1", "nonsense", "1" + "A" * 43, "%00", "é"])
def test_a_forged_link_is_not_found(client: FlaskClient, token: str) -> None:
    assert client.get(PATH + token).status_code == 404
    assert client.post(PATH + token).status_code == 404


def test_a_link_of_a_user_who_left_is_no_error(client: FlaskClient, ring: KeyRing) -> None:
    assert client.post(PATH + sign_unsubscribe(ring, create_id())).status_code == 200


def test_the_link_in_a_real_mail_works(world: World, client: FlaskClient, settings: Settings, ring: KeyRing) -> None:
    world.choose_defaults()
    [alert_id] = world.store(world.visit(world.send("ann@example.com")))
    with run_smtp() as smtp:
        channel = create_email_channel(replace(settings, smtp_url=smtp.url), lambda: ring)
        assert channel is not None
        deliver_alert(world.sessions, alert_id, {"email": channel}, NOW)
        channel.close()
        [letter] = smtp.mailbox.mails
    link = urlsplit(letter["List-Unsubscribe"].strip("<>"))
    assert f"{link.scheme}://{link.netloc}" == settings.public_url
    assert client.post(link.path).status_code == 200
    assert mailed_rules(world) == []
