"""What people want to hear of, and where."""

from __future__ import annotations

import pytest

from core.alerts.rules import create_default_rules, create_email_defaults, is_reachable, list_rules, set_rule
from core.errors import InputError
from core.storage.engine import Sessions
from core.storage.models import User

APP_DEFAULTS = {("first_open", "app"), ("every_open", "app"), ("any_click", "app")}
EMAIL_DEFAULTS = {("first_open", "email"), ("any_click", "email")}


def enabled(sessions: Sessions, user: User) -> set[tuple[str, str]]:
    with sessions() as session:
        return {(choice.rule, choice.channel) for choice in list_rules(session, user.id) if choice.enabled}


def test_a_new_user_hears_of_everything_in_the_app(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        create_default_rules(session, owner)
    assert enabled(sessions, owner) == APP_DEFAULTS


def test_mail_joins_when_a_mail_server_is_set_up(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        create_default_rules(session, owner)
        assert [create_email_defaults(session), create_email_defaults(session)] == [1, 0]
    assert enabled(sessions, owner) == APP_DEFAULTS | EMAIL_DEFAULTS


def test_defaults_never_overrule_a_choice(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        set_rule(session, owner.id, "first_open", "email", enabled=False)
        create_default_rules(session, owner, with_email=True)
        create_default_rules(session, owner, with_email=True)
        assert create_email_defaults(session) == 0
    assert enabled(sessions, owner) == APP_DEFAULTS


@pytest.mark.parametrize("address", ["owner@localhost", "a@b.invalid", "a@host.local", "a@b.localhost."])
def test_an_owner_without_a_real_address_gets_no_mail(sessions: Sessions, owner: User, address: str) -> None:
    assert not is_reachable(address)
    with sessions.begin() as session:
        user = session.get_one(User, owner.id)
        user.email = address
        session.flush()
        create_default_rules(session, user, with_email=True)
        assert create_email_defaults(session) == 0
    assert enabled(sessions, owner) == APP_DEFAULTS


def test_a_rule_can_be_switched_on_and_off(sessions: Sessions, owner: User) -> None:
    for wanted in (True, False, True):
        with sessions.begin() as session:
            set_rule(session, owner.id, "every_open", "email", enabled=wanted)
        assert (("every_open", "email") in enabled(sessions, owner)) is wanted


@pytest.mark.parametrize(("rule", "channel"), [("no_such", "app"), ("first_open", "pigeon")])
def test_an_unknown_rule_or_channel_is_refused(sessions: Sessions, owner: User, rule: str, channel: str) -> None:
    with sessions.begin() as session, pytest.raises(InputError, match=rule if rule == "no_such" else channel):
        set_rule(session, owner.id, rule, channel, enabled=True)
