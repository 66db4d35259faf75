from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.web.pages.filters import read_filters

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NAMES = ("q", "status", "person", "period", "since", "until", "owner", "mode", "cursor", "other")


def test_days_are_whole_and_those_of_utc() -> None:
    wanted = read_filters({"since": "2026-11-01", "until": "2026-11-02"}, NOW).wanted
    assert wanted.since == datetime(2026, 11, 1, tzinfo=UTC)
    assert wanted.until == datetime(2026, 11, 3, tzinfo=UTC)


def test_of_a_period_and_a_day_the_later_holds() -> None:
    assert read_filters({"period": "week", "since": "2020-01-01"}, NOW).wanted.since == NOW - timedelta(days=7)


def test_what_is_made_up_is_said_and_the_rest_stays_in_force() -> None:
    asked = read_filters({"status": "opened", "q": "offer", "since": "soon", "person": "nobody"}, NOW)
    assert len(asked.problems) == 3
    assert asked.given == {"q": "offer"}
    assert asked.link() == "/activity?q=offer"
    assert asked.link(status="read", q=None) == "/activity?status=read"


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=300)))
def test_nothing_that_anyone_types_breaks_it(arguments: dict[str, str]) -> None:
    asked = read_filters(arguments, NOW)
    assert asked.link().startswith("/activity")
    assert all(words for _, words in asked.more)
