"""Invitations and domains: used once, for seven days, by whom they are for; and who is let in by a domain."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.errors import InputError, NotAllowedError
from core.people.domains import allow_domain, disallow_domain, list_domains, parse_domain
from core.people.invitations import (
    find_invitation,
    invite,
    list_invitations,
    remove_expired_invitations,
    renew_invitation,
    revoke_invitation,
)
from core.people.joining import join_by_identity, join_by_link
from core.ports import Identity
from core.storage.engine import Sessions
from core.storage.models import Invitation, User
from tests.support.api import NOW
from tests.support.team import act_as, add_person, add_workspace, list_audited

NEW = "Nina@Example.com"


def make(sessions: Sessions, owner: User, email: str = NEW, role: str = "member") -> str:
    """Invite somebody and return the secret."""
    with sessions.begin() as session:
        return invite(session, act_as(owner, NOW), email, role, NOW).secret


def identity(email: str | None = NEW, **values: object) -> Identity:
    """Look like a verified account."""
    return Identity(**({"subject": "s", "email": email, "is_email_verified": True, "name": "Nina"} | values))  # type: ignore[arg-type]  # by name


def test_an_invitation_makes_a_person_once(sessions: Sessions, owner: User) -> None:
    secret = make(sessions, owner, role="admin")
    with sessions() as session:
        found = find_invitation(session, secret, NOW)
        assert found is not None
        assert (found.email, found.role, found.inviter, found.workspace_name) == (
            "nina@example.com",
            "admin",
            "Olga Owner",
            "Home",
        )
        assert session.scalars(select(Invitation)).one().digest != secret.encode()
    with sessions.begin() as session:
        user = join_by_link(session, secret, NOW)
        assert user is not None
        assert (user.email, user.role, user.workspace_id) == ("nina@example.com", "admin", owner.workspace_id)
    with sessions.begin() as session:
        assert join_by_link(session, secret, NOW) is None
        assert find_invitation(session, secret, NOW) is None
    assert list_audited(sessions) == [
        ("people.invited", "nina@example.com as admin"),
        ("people.joined", "nina@example.com, by invitation"),
    ]


def test_of_two_who_accept_at_once_one_joins(sessions: Sessions, owner: User) -> None:
    secret = make(sessions, owner)
    joined: list[User | None] = []

    def accept() -> None:
        with sessions.begin() as session:
            joined.append(join_by_link(session, secret, NOW))

    threads = [threading.Thread(target=accept) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [user is not None for user in joined].count(True) == 1


def test_an_invitation_ends_after_seven_days_by_revoking_and_by_a_new_one(sessions: Sessions, owner: User) -> None:
    first, actor = make(sessions, owner), act_as(owner, NOW)
    with sessions() as session:
        assert find_invitation(session, first, NOW + timedelta(days=7)) is None
        (shown,) = list_invitations(session, owner.workspace_id, NOW + timedelta(days=7))
        assert shown.is_expired
    with pytest.raises(InputError, match="a moment ago"), sessions.begin() as session:
        renew_invitation(session, actor, shown.id, NOW + timedelta(seconds=59))
    later = NOW + timedelta(days=8)
    with sessions.begin() as session:
        renewed = renew_invitation(session, actor, shown.id, later)
        assert renewed is not None
        assert find_invitation(session, first, NOW) is None
        assert find_invitation(session, renewed.secret, later) is not None
        assert revoke_invitation(session, actor, shown.id, later)
        assert not revoke_invitation(session, actor, shown.id, later)
        assert join_by_link(session, renewed.secret, later) is None


def test_inviting_an_address_again_replaces_its_invitation(sessions: Sessions, owner: User) -> None:
    first, second = make(sessions, owner), make(sessions, owner, " nina@EXAMPLE.com ", "admin")
    with sessions() as session:
        assert find_invitation(session, first, NOW) is None
        assert find_invitation(session, second, NOW) is not None
        assert len(list_invitations(session, owner.workspace_id, NOW)) == 1


def test_who_may_invite_whom(sessions: Sessions, owner: User) -> None:
    admin = add_person(sessions, owner.workspace_id, "adam@example.com", "admin", NOW)
    make(sessions, admin)
    for user, role in ((admin, "admin"), (admin, "owner"), (owner, "owner")):
        with pytest.raises(NotAllowedError):
            make(sessions, user, "else@example.com", role)
    make(sessions, owner, "boss@example.com", "admin")
    with sessions.begin() as session:
        (boss,) = (row for row in list_invitations(session, owner.workspace_id, NOW) if row.role == "admin")
        with pytest.raises(NotAllowedError):
            revoke_invitation(session, act_as(admin, NOW), boss.id, NOW)
    with pytest.raises(NotAllowedError):
        make(sessions, admin, "boss@example.com")


@pytest.mark.parametrize("email", ["", "no address", "a@b@", "OWNER@example.com", "x" * 250 + "@example.com"])
def test_what_cannot_be_invited_is_said_in_one_line(sessions: Sessions, owner: User, email: str) -> None:
    with pytest.raises(InputError) as caught:
        make(sessions, owner, email)
    assert "\n" not in str(caught.value)


def test_a_made_up_role_is_refused(sessions: Sessions, owner: User) -> None:
    with pytest.raises(InputError, match="Choose a role"):
        make(sessions, owner, role="king")


def test_invitations_have_a_limit(sessions: Sessions, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.people.invitations.MOST_OPEN", 2)
    make(sessions, owner, "a@example.com")
    make(sessions, owner, "b@example.com")
    make(sessions, owner, "a@example.com")
    with pytest.raises(InputError, match="Revoke some"):
        make(sessions, owner, "c@example.com")


def test_expired_invitations_are_removed_after_a_month(sessions: Sessions, owner: User) -> None:
    make(sessions, owner)
    with sessions.begin() as session:
        assert remove_expired_invitations(session, NOW + timedelta(days=36)) == 0
        assert remove_expired_invitations(session, NOW + timedelta(days=38)) == 1


def test_a_verified_address_that_is_invited_joins_and_one_that_is_not_verified_does_not(
    sessions: Sessions, owner: User
) -> None:
    make(sessions, owner)
    with sessions.begin() as session:
        assert join_by_identity(session, identity(is_email_verified=False), NOW) is None
        assert join_by_identity(session, identity(email=None), NOW) is None
        assert join_by_identity(session, identity("else@example.com"), NOW) is None
        assert join_by_identity(session, identity(), NOW + timedelta(days=8)) is None
        user = join_by_identity(session, identity(), NOW)
        assert user is not None
        assert (user.name, user.role) == ("Nina", "member")


def test_an_allowed_domain_lets_in_whom_its_organisation_vouches_for(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        assert allow_domain(session, act_as(owner, NOW), " @Example.COM. ", NOW) == "example.com"
        assert list_domains(session, owner.workspace_id) == ["example.com"]
    for stranger in (
        identity(),  # a personal account with a company's address
        identity(organisation="other.example"),
        identity("nina@sub.example.com", organisation="sub.example.com"),
        identity(organisation="example.com", is_email_verified=False),
    ):
        with sessions.begin() as session:
            assert join_by_identity(session, stranger, NOW) is None
    with sessions.begin() as session:
        user = join_by_identity(session, identity(organisation="example.com"), NOW)
        assert user is not None
        assert user.role == "member"
        assert disallow_domain(session, act_as(owner, NOW), "example.com", NOW)
        assert not disallow_domain(session, act_as(owner, NOW), "example.com", NOW)
        assert join_by_identity(session, identity("ned@example.com", organisation="example.com"), NOW) is None


def test_a_domain_belongs_to_one_workspace(sessions: Sessions, owner: User) -> None:
    stranger = add_person(sessions, add_workspace(sessions, NOW), "sam@elsewhere.example", "owner", NOW)
    with sessions.begin() as session:
        allow_domain(session, act_as(owner, NOW), "example.com", NOW)
        with pytest.raises(InputError, match="another workspace"):
            allow_domain(session, act_as(stranger, NOW), "example.com", NOW)
        assert not disallow_domain(session, act_as(stranger, NOW), "example.com", NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "gmail.com",
        "GoogleMail.com",
        "hotmail.com",
        "x.onmicrosoft.com",
        "a b.com",
        "1.2.3.4",
        "e..com",
    ],
)
def test_a_domain_at_which_anyone_gets_an_address_and_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_domain(text)


def test_a_domain_beyond_ascii_is_compared_as_mail_does() -> None:
    assert parse_domain("Bücher.example") == "xn--bcher-kva.example"
