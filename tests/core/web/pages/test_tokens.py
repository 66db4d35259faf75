from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from core.accounts.api_tokens import verify_api_token
from core.storage.models import ApiToken, AuditEntry, User
from core.web.services import WebServices
from tests.support.openid import add_user
from tests.support.pages import Clock, PageClient, sign_in

PAGE = "/settings/tokens"
FORM = {"name": "Reports <b>", "scope": ["messages:read", "events:read"], "lifetime": "30"}


def make(browser: PageClient, **fields: object) -> tuple[int, str]:
    answer = browser.submit(PAGE, PAGE, FORM | fields)
    return answer.status_code, answer.text


def test_a_token_is_shown_once_with_the_scopes_and_the_end_that_were_chosen(
    browser: PageClient, services: WebServices, clock: Clock
) -> None:
    status, page = make(browser)
    found = re.search(r"mpx_[\w-]{43}", page)
    assert status == 200
    assert found is not None
    again = browser.get(PAGE).text
    assert found[0] not in again
    assert "Reports &lt;b&gt;" in again
    assert "Never used" in again
    with services.sessions() as session:
        row = verify_api_token(session, found[0], clock.now)
        assert row is not None
        assert (row.scopes, row.expires_at) == ("events:read messages:read", clock.now + timedelta(days=30))
        assert verify_api_token(session, found[0], clock.now + timedelta(days=30)) is None
        details = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "token.created")).all()
    assert details == ["Reports <b>: events:read, messages:read"]


def test_a_token_without_a_name_a_scope_or_with_a_made_up_one_is_not_made(
    browser: PageClient, services: WebServices
) -> None:
    wrong: list[dict[str, object]] = [{"name": " "}, {"scope": []}, {"scope": ["everything"]}, {"lifetime": "-1"}]
    for fields in wrong:
        status, page = make(browser, **fields)
        assert status == 400
        assert 'role="alert"' in page
    with services.sessions() as session:
        assert session.scalars(select(ApiToken)).all() == []


def test_a_token_is_revoked_by_its_person_alone(
    app: Flask, browser: PageClient, services: WebServices, owner: User
) -> None:
    make(browser)
    with services.sessions() as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    member = sign_in(app, services, add_user(services, owner, "mia@example.com"))
    assert "Reports &lt;b&gt;" not in member.get(PAGE).text
    path = f"{PAGE}/{token_id}/revoke"
    assert member.submit(PAGE, path).headers["Location"].endswith("done=gone")
    assert browser.submit(PAGE, path).headers["Location"].endswith("done=revoked")
    assert browser.submit(PAGE, path).headers["Location"].endswith("done=gone")
    assert "Reports &lt;b&gt;" not in browser.get(PAGE).text
