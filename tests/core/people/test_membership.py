"""Roles, removal, leaving: who may do what, that an owner always stays, and what becomes of the messages."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from sqlalchemy import select

from core.accounts.api_tokens import create_api_token, verify_api_token
from core.accounts.roles import Role
from core.accounts.sessions import find_viewer, start_session
from core.accounts.sight import Sight
from core.errors import InputError, NotAllowedError
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.register import register_message
from core.messages.sharing import share_message
from core.people.membership import Estate, change_role, hand_over_ownership, remove_person, set_sharing
from core.people.roster import list_access, list_people
from core.storage.engine import Sessions
from core.storage.models import Connection, Message, User, View, Workspace
from core.timeline.feed import find_feed_end, read_feed
from core.tokens import TokenSigner
from tests.support.api import NOW, add_event
from tests.support.team import act_as, add_person, add_workspace, list_audited


@pytest.fixture
def admin(sessions: Sessions, owner: User) -> User:
    """An admin of the owner's workspace."""
    return add_person(sessions, owner.workspace_id, "adam@example.com", "admin", NOW)


@pytest.fixture
def member(sessions: Sessions, owner: User) -> User:
    """A member of the owner's workspace."""
    return add_person(sessions, owner.workspace_id, "mia@example.com", "member", NOW)


def send(sessions: Sessions, signer: TokenSigner, user: User, now: datetime = NOW) -> str:
    """Register a message."""
    draft = MessageDraft(subject="Offer", sender=user.email, recipients=(DraftRecipient("ann@example.com", None),))
    with sessions.begin() as session:
        return register_message(session, signer, "https://t.example", user, draft, now).message_id


def role_of(sessions: Sessions, user: User) -> str | None:
    """Read a person's role; None if they are gone."""
    with sessions() as session:
        found = session.get(User, user.id)
        return found.role if found is not None else None


def test_an_owner_changes_any_role_and_an_admin_none_above_member(
    sessions: Sessions, owner: User, admin: User, member: User
) -> None:
    with sessions.begin() as session:
        assert change_role(session, act_as(owner, NOW), member.id, Role.ADMIN, NOW)
    assert role_of(sessions, member) == "admin"
    for person, role in ((member, Role.MEMBER), (owner, Role.MEMBER), (admin, Role.OWNER)):
        with pytest.raises(NotAllowedError), sessions.begin() as session:
            change_role(session, act_as(admin, NOW), person.id, role, NOW)
    assert list_audited(sessions) == [("people.role", "mia@example.com: member became admin")]


def test_the_last_owner_stays_owner(sessions: Sessions, owner: User, member: User) -> None:
    with pytest.raises(InputError, match="another person owner"), sessions.begin() as session:
        change_role(session, act_as(owner, NOW), owner.id, Role.MEMBER, NOW)
    with pytest.raises(InputError, match="another person owner"), sessions.begin() as session:
        remove_person(session, act_as(owner, NOW), owner.id, Estate(member.id), NOW)
    assert role_of(sessions, owner) == "owner"
    with sessions.begin() as session:
        assert hand_over_ownership(session, act_as(owner, NOW), member.id, NOW)
    assert (role_of(sessions, owner), role_of(sessions, member)) == ("admin", "owner")


def test_of_two_owners_who_leave_at_once_one_stays(sessions: Sessions, owner: User) -> None:
    other = add_person(sessions, owner.workspace_id, "oscar@example.com", "owner", NOW)
    refused: list[str] = []

    def leave(user: User) -> None:
        try:
            with sessions.begin() as session:
                remove_person(session, act_as(user, NOW), user.id, Estate(None), NOW)
        except InputError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=leave, args=(user,)) for user in (owner, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert sorted(filter(None, (role_of(sessions, owner), role_of(sessions, other)))) == ["owner"]


def test_who_is_removed_loses_sessions_tokens_and_connections_and_the_heir_gets_the_messages(
    sessions: Sessions, owner: User, member: User, signer: TokenSigner
) -> None:
    kept, own = send(sessions, signer, member), send(sessions, signer, owner)
    add_event(sessions, kept)
    with sessions.begin() as session:
        cookie = start_session(session, member.id, "Firefox", NOW)
        token = create_api_token(session, session.get_one(User, member.id), "script", NOW)
        session.add(View(message_id=kept, user_id=member.id, at=NOW))
        session.add(
            Connection(
                workspace_id=member.workspace_id,
                user_id=member.id,
                provider="google",
                state="connected",
                created_at=NOW,
                changed_at=NOW,
            )
        )
    with sessions.begin() as session:
        assert remove_person(session, act_as(owner, NOW), member.id, Estate(owner.id), NOW)
    with sessions() as session:
        assert find_viewer(session, cookie, NOW) is None
        assert verify_api_token(session, token, NOW) is None
        assert session.scalars(select(Connection)).all() == []
        assert {message.id: message.user_id for message in session.scalars(select(Message))} == {
            kept: owner.id,
            own: owner.id,
        }
        assert session.scalars(select(View.user_id)).all() == [owner.id]
        assert len(read_feed(session, Sight(owner.workspace_id, owner.id)).items) == 1
    assert list_audited(sessions) == [("people.removed", "mia@example.com, 1 messages handed over")]


def test_the_messages_of_who_is_removed_go_where_nobody_gets_them(
    sessions: Sessions, owner: User, admin: User, member: User, signer: TokenSigner
) -> None:
    send(sessions, signer, member)
    own = send(sessions, signer, admin)
    with sessions.begin() as session:
        assert remove_person(session, act_as(admin, NOW), member.id, Estate(None), NOW)
        assert session.scalars(select(Message.id)).all() == [own]
    assert role_of(sessions, member) is None


def test_an_heir_is_one_of_the_workspace_and_not_who_goes(sessions: Sessions, owner: User, member: User) -> None:
    stranger = add_person(sessions, add_workspace(sessions, NOW), "sam@elsewhere.example", "owner", NOW)
    for heir_id in (stranger.id, member.id, "0" * 32, ""):
        with pytest.raises(InputError, match="who gets the messages"), sessions.begin() as session:
            remove_person(session, act_as(owner, NOW), member.id, Estate(heir_id), NOW)
    assert role_of(sessions, member) == "member"


def test_an_admin_removes_no_owner_and_no_admin_and_nobody_elsewhere(
    sessions: Sessions, owner: User, admin: User
) -> None:
    other = add_person(sessions, owner.workspace_id, "abe@example.com", "admin", NOW)
    stranger = add_person(sessions, add_workspace(sessions, NOW), "sam@elsewhere.example", "member", NOW)
    for person in (owner, other):
        with pytest.raises(NotAllowedError), sessions.begin() as session:
            remove_person(session, act_as(admin, NOW), person.id, Estate(None), NOW)
    with sessions.begin() as session:
        assert not remove_person(session, act_as(admin, NOW), stranger.id, Estate(None), NOW)
        assert not change_role(session, act_as(owner, NOW), stranger.id, Role.ADMIN, NOW)
        assert not hand_over_ownership(session, act_as(owner, NOW), stranger.id, NOW)
    assert role_of(sessions, stranger) == "member"


def test_an_admin_is_told_who_has_access_and_nothing_of_their_mail(
    sessions: Sessions, owner: User, member: User
) -> None:
    with sessions.begin() as session:
        create_api_token(session, session.get_one(User, member.id), "script", NOW)
    with sessions() as session:
        people = list_people(session, owner.workspace_id)
        assert [(person.title, person.role) for person in people] == [
            ("Olga Owner", Role.OWNER),
            ("mia@example.com", Role.MEMBER),
        ]
        assert list_access(session, owner.workspace_id)[member.id].tokens == 1


def test_a_message_that_is_shared_appears_in_the_feed_of_those_who_follow_it(
    sessions: Sessions, owner: User, member: User, signer: TokenSigner
) -> None:
    message_id = send(sessions, signer, owner)
    first, second = add_event(sessions, message_id), add_event(sessions, message_id)
    eyes, own = Sight(member.workspace_id, member.id), Sight(owner.workspace_id, owner.id)
    with sessions() as session:
        cursor = find_feed_end(session, eyes)
    with sessions.begin() as session:
        assert share_message(session, eyes, message_id, shared=True) is None
        assert share_message(session, own, message_id, shared=True) is not None
    with sessions() as session:
        page = read_feed(session, eyes, cursor=cursor)
        assert [(item.id, item.revision) for item in page.items] == [(first, 2), (second, 2)]
    with sessions.begin() as session:
        with pytest.raises(NotAllowedError):
            share_message(session, eyes, message_id, shared=False)
        before = session.get_one(Workspace, owner.workspace_id).feed_position
        share_message(session, own, message_id, shared=False)
        assert read_feed(session, eyes).items == ()
        assert session.get_one(Workspace, owner.workspace_id, populate_existing=True).feed_position == before + 1


def test_the_choice_to_share_is_written_down_once(sessions: Sessions, owner: User) -> None:
    for _ in range(2):
        with sessions.begin() as session:
            set_sharing(session, act_as(owner, NOW), shares=True, now=NOW)
    assert list_audited(sessions, "sharing.") == [("sharing.changed", "new messages are shared with the team")]
