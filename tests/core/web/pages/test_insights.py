"""The insights page: whole without scripts, honest about few figures, and its tables as files."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.storage.auditing import AuditEntry
from core.storage.models import User
from core.web.pages.insights_figures import MESSAGES, describe_certainty, shade_week
from core.web.pages.insights_tables import BUILDERS
from core.web.services import WebServices
from tests.support.pages import PageClient


def test_without_data_it_says_what_will_be_here(browser: PageClient) -> None:
    answer = browser.get("/insights")
    assert answer.status_code == 200
    assert "Nothing happened in these days" in answer.text
    assert "uplot" not in answer.text.split("</head>")[0]


def test_it_is_full_of_facts_without_scripts(browser: PageClient) -> None:
    browser.submit("/activity", "/samples")
    text = browser.get("/insights").text
    for fact in (
        "sample messages",
        "Reads by people",
        "Most often on",
        "northwind.example",
        "Thunderbird",
        "To the first read",
        "Shared copies: one of several people",
        "Machines caused",
        "a hint, no more",
        "this is UTC",
    ):
        assert fact in text, fact
    assert "style=" not in text.replace('rel="stylesheet"', "")
    assert text.count("heat-5") == 2  # once wide, once narrow


@pytest.mark.parametrize("query", ["days=7", "days=365", "whose=mine", "from=2026-11-01&to=2026-11-22&whose=mine"])
def test_every_choice_answers(browser: PageClient, query: str) -> None:
    browser.submit("/activity", "/samples")
    assert browser.get(f"/insights?{query}").status_code == 200


@pytest.mark.parametrize("query", ["days=9", "from=x&to=y", "from=2026-11-02&to=2026-11-01", "from=%00&to=%FF"])
def test_a_period_that_is_none_is_said_beside_the_field(browser: PageClient, query: str) -> None:
    answer = browser.get(f"/insights?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert browser.get(f"/insights/hours.csv?{query}").status_code == 400


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_table_is_a_file_too(browser: PageClient, services: WebServices, name: str) -> None:
    browser.submit("/activity", "/samples")
    answer = browser.get(f"/insights/{name}.csv?days=90")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"insights-{name}-" in answer.headers["Content-Disposition"]
    assert len(answer.text.splitlines()) > 1
    with services.sessions() as session:
        assert session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "export")).all() == [
            f"insights: {name}"
        ]


def test_a_table_that_is_none_is_not_found(browser: PageClient) -> None:
    assert browser.get("/insights/everything.csv").status_code == 404


def test_the_zone_is_chosen_among_the_settings_and_used(
    browser: PageClient, services: WebServices, owner: User
) -> None:
    answer = browser.submit("/settings", "/settings/timezone", {"timezone": "Europe/Berlin"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings?done=timezone")
    with services.sessions() as session:
        assert session.get_one(User, owner.id).timezone == "Europe/Berlin"
    page = browser.get("/settings").text
    assert "<option selected>Europe/Berlin</option>" in page
    assert "UTC+01:00 at present" in page
    browser.submit("/activity", "/samples")
    assert "hour in Europe/Berlin" in browser.get("/insights").text
    assert browser.submit("/settings", "/settings/timezone", {"timezone": ""}).status_code == 303
    with services.sessions() as session:
        assert session.get_one(User, owner.id).timezone is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 500, "a\0b"])
def test_what_is_no_zone_is_refused(browser: PageClient, services: WebServices, owner: User, zone: str) -> None:
    assert browser.submit("/settings", "/settings/timezone", {"timezone": zone}).status_code == 400
    with services.sessions() as session:
        assert session.get_one(User, owner.id).timezone is None


def test_shades_go_by_the_busiest_hour() -> None:
    week = [[0] * 24 for _ in range(7)]
    week[0][:4] = [1, 20, 50, 100]
    assert [cell.shade for cell in shade_week(week)[0][:5]] == [1, 1, 3, 5, 0]


def test_few_things_are_called_a_hint() -> None:
    assert describe_certainty(0, MESSAGES) == ""
    assert describe_certainty(1, MESSAGES) == "From 1 message only: a hint, no more."
    assert "roughly" in describe_certainty(50, MESSAGES)
    assert describe_certainty(100, MESSAGES) == ""
