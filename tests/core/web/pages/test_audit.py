from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

from flask import Flask

from core.accounts.audit import AuditAction, record_audit
from core.storage.models import User
from core.web.services import WebServices
from tests.support.api import create_stranger
from tests.support.openid import add_user
from tests.support.pages import PageClient, sign_in

PAGE = "/settings/audit"


def record(
    services: WebServices,
    user: User,
    detail: str,
    action: AuditAction = AuditAction.EXPORT,
    days: int = 0,
    actor_id: str | None = None,
) -> None:
    with services.sessions.begin() as session:
        record_audit(
            session,
            workspace_id=user.workspace_id,
            actor_id=actor_id,
            action=action,
            now=services.clock() - timedelta(days=days),
            detail=detail,
        )


def test_the_owner_sees_everybodys_entries_and_a_member_their_own(
    app: Flask, browser: PageClient, services: WebServices, owner: User
) -> None:
    mia = add_user(services, owner, "mia@example.com")
    record(services, owner, "by-owner", actor_id=owner.id)
    record(services, owner, "by-mia", actor_id=mia.id)
    record(services, create_stranger(services.sessions), "by-stranger")
    page = browser.get(PAGE).text
    assert "by-owner" in page
    assert "by-mia" in page
    assert "by-stranger" not in page
    member = sign_in(app, services, mia)
    for path in (PAGE, f"{PAGE}?person={owner.id}", f"{PAGE}?person=nobody", f"{PAGE}.csv"):
        page = member.get(path).text
        assert "by-owner" not in page
        assert "by-stranger" not in page
    assert "by-mia" in member.get(PAGE).text


def test_entries_are_chosen_by_person_action_and_day(browser: PageClient, services: WebServices, owner: User) -> None:
    record(services, owner, "erased-old", AuditAction.ERASURE, days=10)
    record(services, owner, "exported-new", actor_id=owner.id)
    day = (services.clock() - timedelta(days=10)).date().isoformat()
    for query, shown, hidden in (
        ("action=erasure", "erased-old", "exported-new"),
        ("person=nobody", "erased-old", "exported-new"),
        (f"person={owner.id}", "exported-new", "erased-old"),
        (f"since={day}&until={day}", "erased-old", "exported-new"),
        ("action=export&since=2026-13-99&person=x", "exported-new", "erased-old"),
    ):
        page = browser.get(f"{PAGE}?{query}").text
        assert shown in page, query
        assert hidden not in page, query


def test_pages_follow_each_other_without_a_gap(browser: PageClient, services: WebServices, owner: User) -> None:
    for number in range(120):
        record(services, owner, f"entry-{number:03}")
    seen: list[str] = []
    path = f"{PAGE}?action=export"
    while path:
        page = browser.get(path).text
        seen += re.findall(r"entry-\d{3}", page)
        rest = page.split('rel="next" href="')
        path = rest[1].split('"')[0].replace("&amp;", "&") if len(rest) > 1 else ""
    assert sorted(seen) == [f"entry-{number:03}" for number in range(120)]


def test_a_made_up_cursor_is_a_clear_error(browser: PageClient) -> None:
    assert browser.get(f"{PAGE}?cursor=made-up").status_code == 400


def test_the_file_holds_what_is_chosen_runs_nothing_and_is_itself_written_down(
    browser: PageClient, services: WebServices, owner: User
) -> None:
    record(services, owner, "=HYPERLINK(1)", AuditAction.ERASURE)
    answer = browser.get(f"{PAGE}.csv?action=erasure")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.headers["Content-Security-Policy"]
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][0] == "Time"
    assert [row[-1] for row in rows[1:]] == ["'=HYPERLINK(1)"]
    assert "audit log" in browser.get(f"{PAGE}?action=export").text
