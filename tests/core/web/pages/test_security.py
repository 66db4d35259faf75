from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts.api_tokens import create_api_token, list_api_tokens
from core.accounts.signin import create_signin_link
from core.settings import TrustedProxies
from core.storage.models import AuditEntry, Connection, Notice, Session, Signin, User
from core.web.factory import create_app
from core.web.services import WebServices
from tests.support.openid import add_user
from tests.support.pages import Clock, PageClient, make_link, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


def sign_in_as(app: Flask, services: WebServices, owner: User, **headers: str) -> PageClient:
    """Sign in with headers of one's own."""
    client = PageClient(app)
    path = make_link(services.sessions, owner, services.clock())
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert token is not None
    assert client.post(path, {"csrf_token": token[1]}, headers=headers).status_code == 303
    return client


def signin_ids(services: WebServices) -> list[str]:
    with services.sessions() as session:
        return list(session.scalars(select(Signin.id).order_by(Signin.at, Signin.id)))


def test_ones_own_sessions_are_shown_and_only_ones_own(
    app: Flask, browser: PageClient, services: WebServices, owner: User
) -> None:
    other = sign_in_as(app, services, owner, **{"User-Agent": FIREFOX})
    member = sign_in(app, services, add_user(services, owner, "mia@example.com"))
    page = browser.get("/settings/security").text
    assert page.count("This browser") == 2  # among the sessions, and among the sign-ins
    assert "Firefox on Linux" in page
    assert "127.0.0.0/24" in page
    assert "127.0.0.1<" not in page
    assert "Firefox on Linux" not in member.get("/settings/security").text
    assert other.get("/settings/security").status_code == 200


def test_one_browser_is_signed_out_and_another_persons_cannot_be(
    app: Flask, browser: PageClient, services: WebServices, owner: User
) -> None:
    other = sign_in(app, services, owner)
    member = sign_in(app, services, add_user(services, owner, "mia@example.com"))
    with services.sessions() as session:
        ids = {row.user_id: row.id for row in session.scalars(select(Session).order_by(Session.created_at, Session.id))}
        own = session.scalars(select(Session.id).where(Session.user_id == owner.id).order_by(Session.id)).all()
    mias = next(session_id for user_id, session_id in ids.items() if user_id != owner.id)
    browser.submit("/settings/security", f"/settings/security/sessions/{mias}/end")
    assert member.get("/activity").status_code == 200
    for session_id in own:
        current = browser.get("/settings/security").text
        if f"/sessions/{session_id}/end" in current:
            answer = browser.submit("/settings/security", f"/settings/security/sessions/{session_id}/end")
            assert answer.headers["Location"] == "/settings/security?done=ended"
    assert other.get("/activity").status_code == 401
    assert browser.get("/activity").status_code == 200


def test_signing_out_everywhere_ends_this_browser_too(
    app: Flask, browser: PageClient, services: WebServices, owner: User
) -> None:
    other = sign_in(app, services, owner)
    assert browser.submit("/settings/security", "/settings/security/everywhere").status_code == 303
    assert browser.cookies() == {}
    for client in (browser, other):
        assert client.get("/activity").status_code == 401


def test_a_sign_in_that_was_not_me_is_ended_with_all_that_came_of_it(
    app: Flask, services: WebServices, owner: User, clock: Clock
) -> None:
    with services.sessions.begin() as session:
        create_api_token(session, owner, "before", clock.now - timedelta(days=1))
    thief = sign_in(app, services, owner)
    clock.now += timedelta(minutes=5)
    browser = sign_in(app, services, owner)
    with services.sessions.begin() as session:
        create_api_token(session, owner, "thiefs token", clock.now)
        create_signin_link(session, owner, "", clock.now)
        session.add(
            Connection(
                workspace_id=owner.workspace_id,
                user_id=owner.id,
                provider="google",
                subject="thief-1",
                email="thief@example.com",
                state="connected",
                created_at=clock.now,
                changed_at=clock.now,
            )
        )
    stolen, own = signin_ids(services)
    asked = browser.get(f"/settings/security/signins/{stolen}")
    assert "thiefs token" in asked.text
    assert "thief@example.com" in asked.text
    assert "before" not in asked.text.replace("not seen before", "")
    assert browser.get(f"/settings/security/signins/{own}").status_code == 404, "this browser's own"

    path = f"/settings/security/signins/{stolen}"
    answer = browser.submit(path, f"{path}/disown")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    done = browser.get(path).text
    assert "thiefs token" in done
    assert "myaccount.google.com" in done
    assert thief.get("/activity").status_code == 401
    assert browser.get("/activity").status_code == 200
    with services.sessions() as session:
        assert [token.name for token in list_api_tokens(session, owner.id)] == ["before"]
        assert session.scalars(select(Connection.subject)).one() is None
        assert "signin.disowned" in session.scalars(select(AuditEntry.action)).all()
        told = session.scalars(select(Notice).where(Notice.kind == "signin.disowned")).all()
        assert [notice.user_id for notice in told] == [owner.id]
    # Twice does nothing twice.
    assert browser.submit("/settings/security", f"{path}/disown").status_code == 303


def test_a_members_report_reaches_the_owner_and_nobody_disowns_anothers_sign_in(
    app: Flask, browser: PageClient, services: WebServices, owner: User, clock: Clock
) -> None:
    mia = add_user(services, owner, "mia@example.com")
    sign_in(app, services, mia)
    clock.now += timedelta(minutes=1)
    member = sign_in(app, services, mia)
    owners, stolen, _ = signin_ids(services)
    assert member.get(f"/settings/security/signins/{owners}").status_code == 404
    assert member.submit("/settings/security", f"/settings/security/signins/{owners}/disown").status_code == 404
    assert browser.get("/activity").status_code == 200
    member.submit("/settings/security", f"/settings/security/signins/{stolen}/disown")
    with services.sessions() as session:
        told = session.scalars(select(Notice.user_id).where(Notice.kind == "signin.disowned")).all()
    assert set(told) == {owner.id, mia.id}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_place_is_looked_up_by_the_cut_address_of_the_client_behind_the_proxy(
    services: WebServices, owner: User
) -> None:
    asked: list[str] = []

    def locate(address: str) -> str | None:
        asked.append(address)
        return "Graz, AT"

    import ipaddress

    trusted = TrustedProxies((ipaddress.ip_network("127.0.0.0/8"),))
    changed = replace(services, locate=locate, settings=replace(services.settings, trusted_proxies=trusted))
    client = sign_in_as(create_app(changed), services, owner, **{"X-Forwarded-For": "203.0.113.77"})
    assert asked == ["203.0.113.0"]
    page = client.get("/settings/security").text
    assert "Graz, AT" in page
    assert "203.0.113.0/24" in page
    assert "203.0.113.77" not in page
