"""The people page, invitations and joining, as browsers meet them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from core.people.invitations import MadeInvitation
from core.people.postman import Delivery
from core.storage.models import AlertRule, Invitation, JoiningDomain, Message, User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.pages import Clock, PageClient, sign_in
from tests.support.team import add_member, list_audited, post_message

PEOPLE = "/settings/people"
_LINK = re.compile(r"(/join/[\w-]+)")


def invite(browser: PageClient, email: str = "nina@example.com", role: str = "member") -> str:
    """Invite somebody where there is no mail server, and return the path of the link that is shown."""
    page = browser.submit(PEOPLE, f"{PEOPLE}/invitations", {"email": email, "role": role})
    assert page.status_code == 200, page.text
    found = _LINK.search(page.text)
    assert found is not None, page.text
    return found[1]


def find_user(services: WebServices, email: str) -> User | None:
    """Find a user by address."""
    with services.reading_sessions() as session:
        return session.scalars(select(User).where(User.email == email)).one_or_none()


def test_a_link_is_shown_once_and_joins_by_its_button(
    browser: PageClient, stranger: PageClient, services: WebServices
) -> None:
    path = invite(browser, role="admin")
    assert path not in browser.get(PEOPLE).text
    assert "nina@example.com" in browser.get(PEOPLE).text
    for _ in range(2):
        assert "Olga Owner invites you" in stranger.get(path).text, "looking uses nothing up"
    assert find_user(services, "nina@example.com") is None
    assert stranger.post(path).status_code == 400, "without the form's token"
    assert stranger.submit(path, path).status_code == 303
    assert "nina@example.com" in stranger.get("/settings").text
    user = find_user(services, "nina@example.com")
    assert user is not None
    assert user.role == "admin"
    with services.reading_sessions() as session:
        assert session.scalars(select(AlertRule).where(AlertRule.user_id == user.id)).all()
    assert browser.get(path).status_code == 410
    assert [action for action, _ in list_audited(services.sessions)] == ["people.invited", "people.joined"]


def test_an_invitation_that_is_revoked_or_too_old_is_gone(
    browser: PageClient, stranger: PageClient, services: WebServices, clock: Clock
) -> None:
    path = invite(browser)
    with services.reading_sessions() as session:
        invitation_id = session.scalars(select(Invitation.id)).one()
    too_soon = browser.submit(PEOPLE, f"{PEOPLE}/invitations/{invitation_id}/resend")
    assert too_soon.status_code == 400
    assert "a moment ago" in too_soon.text
    assert browser.submit(PEOPLE, f"{PEOPLE}/invitations/{invitation_id}/revoke").status_code == 303
    assert stranger.get(path).status_code == 410
    assert stranger.get("/join/" + "x" * 43).status_code == 410


@pytest.mark.parametrize("delivery", list(Delivery))
def test_where_the_mail_goes_out_the_link_is_not_shown(services: WebServices, owner: User, delivery: Delivery) -> None:
    mailed: list[MadeInvitation] = []

    def mail(invitation: MadeInvitation, now: datetime) -> Delivery:
        mailed.append(invitation)
        return delivery

    services = replace(services, mail_invitation=mail)
    browser = sign_in(create_app(services), services, owner)
    page = browser.submit(PEOPLE, f"{PEOPLE}/invitations", {"email": "nina@example.com", "role": "member"})
    assert len(mailed) == 1
    assert (mailed[0].secret in page.text) is (delivery is not Delivery.MAILED)


@pytest.mark.parametrize("email", ["", "nina", "owner@example.com", "<b>@example.com"])
def test_an_address_that_cannot_be_invited_is_said_beside_the_field(browser: PageClient, email: str) -> None:
    page = browser.submit(PEOPLE, f"{PEOPLE}/invitations", {"email": email, "role": "member"})
    assert page.status_code == 400
    assert 'id="invite-error"' in page.text
    assert "<b>@" not in page.text


def test_members_see_who_is_there_and_nothing_of_access(
    app: Flask, services: WebServices, owner: User, browser: PageClient
) -> None:
    member = add_member(app, services, owner.workspace_id, "mia@example.com")
    page = member.browser.get(PEOPLE).text
    assert "Olga Owner" in page
    for hidden in ("Last signed in", "No account connected", "Invite somebody", "Joining by e-mail domain", "Manage"):
        assert hidden not in page
        assert hidden in browser.get(PEOPLE).text


def test_domains_are_the_owners(app: Flask, services: WebServices, owner: User, browser: PageClient) -> None:
    assert "gmail.com" in browser.submit(PEOPLE, f"{PEOPLE}/domains", {"domain": "gmail.com"}).text
    assert browser.submit(PEOPLE, f"{PEOPLE}/domains", {"domain": "Example.com"}).status_code == 303
    admin = add_member(app, services, owner.workspace_id, "adam@example.com", "admin")
    assert "@example.com</span>" in admin.browser.get(PEOPLE).text
    form = {"domain": "example.com"}
    assert admin.browser.submit(PEOPLE, f"{PEOPLE}/domains/remove", form).status_code == 403
    assert browser.submit(PEOPLE, f"{PEOPLE}/domains/remove", form).status_code == 303
    with services.reading_sessions() as session:
        assert session.scalars(select(JoiningDomain)).all() == []


def test_a_new_role_counts_at_once(app: Flask, services: WebServices, owner: User, browser: PageClient) -> None:
    member = add_member(app, services, owner.workspace_id, "mia@example.com")
    person = f"{PEOPLE}/{member.user.id}"
    assert member.browser.get(person).status_code == 403
    assert browser.submit(person, f"{person}/role", {"role": "king"}).status_code == 400
    assert browser.submit(person, f"{person}/role", {"role": "admin"}).status_code == 303
    assert member.browser.get(person).status_code == 200
    assert browser.submit(person, f"{person}/owner").status_code == 303
    assert browser.get(f"{PEOPLE}?done=handed-over").status_code == 200
    found = find_user(services, "owner@example.com")
    assert found is not None
    assert found.role == "admin"


def test_who_is_removed_is_out_at_once_and_must_not_be_removed_by_half(
    app: Flask, services: WebServices, owner: User, browser: PageClient
) -> None:
    member = add_member(app, services, owner.workspace_id, "mia@example.com")
    message_id = post_message(services, member.user)
    person = f"{PEOPLE}/{member.user.id}"
    assert "What becomes of their 1 message?" in browser.get(person).text
    assert browser.submit(person, f"{person}/remove").status_code == 400
    assert member.browser.get("/activity").status_code == 200
    assert browser.submit(person, f"{person}/remove", {"messages": owner.id}).status_code == 303
    assert member.browser.get("/activity").status_code == 401
    assert browser.get(f"/messages/{message_id}").status_code == 200


def test_leaving(app: Flask, services: WebServices, owner: User, browser: PageClient) -> None:
    assert "only owner" in browser.get(f"{PEOPLE}/leave").text
    refused = browser.post(f"{PEOPLE}/leave", {"csrf_token": _token(browser), "messages": "delete"})
    assert refused.status_code == 400
    member = add_member(app, services, owner.workspace_id, "mia@example.com")
    post_message(services, member.user)
    answer = member.browser.submit(f"{PEOPLE}/leave", f"{PEOPLE}/leave", {"messages": "delete"})
    assert answer.status_code == 303
    assert member.browser.get("/activity").status_code == 401
    with services.reading_sessions() as session:
        assert session.scalars(select(Message)).all() == []
        assert session.get(User, member.user.id) is None


def test_sharing_is_a_choice_for_new_messages_and_a_switch_on_each(
    app: Flask, services: WebServices, owner: User, browser: PageClient
) -> None:
    member = add_member(app, services, owner.workspace_id, "mia@example.com")
    first = post_message(services, owner, subject="First one")
    assert member.browser.get(f"/messages/{first}").status_code == 404
    switch = f"/messages/{first}/sharing"
    assert browser.submit(f"/messages/{first}", switch, {"shared": "1"}).status_code == 303
    page = member.browser.get(f"/messages/{first}")
    assert page.status_code == 200
    assert "only its sender can correct" in page.text
    assert member.browser.submit("/settings", switch, {"shared": "0"}).status_code == 403
    assert browser.submit(f"/messages/{first}", switch, {"shared": "0"}).status_code == 303
    assert "First one" not in member.browser.get("/activity").text
    assert browser.submit(PEOPLE, f"{PEOPLE}/sharing", {"share": "1"}).status_code == 303
    assert "checked" in browser.get(PEOPLE).text


def test_an_open_page_learns_that_a_message_was_shared(
    app: Flask, services: WebServices, owner: User, browser: PageClient
) -> None:
    member = add_member(app, services, owner.workspace_id, "mia@example.com")
    message_id = post_message(services, owner, subject="First one")
    tag = member.browser.get("/activity").headers["ETag"]
    assert member.browser.get("/activity", headers={"If-None-Match": tag}).status_code == 304
    browser.submit(f"/messages/{message_id}", f"/messages/{message_id}/sharing", {"shared": "1"})
    assert "First one" in member.browser.get("/activity", headers={"If-None-Match": tag}).text


def _token(browser: PageClient) -> str:
    return browser.get("/settings").text.split('name="csrf_token" value="')[1].split('"')[0]
