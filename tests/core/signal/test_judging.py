"""What holds of every judgement: order, locality, corrections, settling, confidence, speed."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.signal.context import ALONE
from core.signal.evidence import Evidence, Kind, Network, NetworkKind, Verdict, Viewed
from core.signal.judging import ADDRESS_WINDOW_SECONDS, RELATED_SECONDS, RULES_VERSION, judge
from core.signal.reasons import REASONS
from core.signal.relations import relate
from core.signal.rules import NO_RULE, RULES
from core.signal.thresholds import (
    AGENTS_SECONDS,
    BURST_SECONDS,
    FOLLOWS_SECONDS,
    INSTANT_SECONDS,
    NETWORKS_SECONDS,
    VIEW_AFTER_SECONDS,
    VIEW_BEFORE_SECONDS,
)
from tests.core.signal import samples
from tests.core.signal.samples import SENT_AT, clicked, hit, judged, opened, viewed

_AGENTS = [
    samples.GMAIL_PROXY,
    samples.GMAIL_PREFETCH,
    samples.YAHOO,
    samples.BARE,
    samples.CHROME,
    samples.LINUX_CHROME,
    samples.APPLE_MAIL,
    samples.WEB_VIEW,
    samples.OUTLOOK,
    samples.CURL,
    "",
    "Acme 1",
]
_HEADERS: list[dict[str, str]] = [{}, samples.NAVIGATION, {"purpose": "prefetch"}, {"accept": "*/*"}]


@st.composite
def _hits(draw: st.DrawFn) -> Evidence:
    after = draw(st.one_of(st.integers(-60, 30), st.integers(0, 400))) + draw(st.sampled_from([0.0, 0.25]))
    timed = draw(st.sampled_from(["both", "both", "both", "seconds", "none"]))
    return hit(
        draw(st.sampled_from([Kind.OPEN, Kind.CLICK])),
        draw(st.sampled_from(_AGENTS)),
        None if timed == "none" else after,
        at=SENT_AT + timedelta(seconds=after) if timed == "both" else None,
        message=draw(st.sampled_from(["m", "m", "n"])),
        recipient=draw(st.sampled_from([None, "ann@example.com", "bob@example.org"])),
        link=draw(st.sampled_from([None, "a", "b", "c", "d", "e"])),
        address=draw(st.sampled_from([None, "x", "y", "z", "w"])),
        network=draw(st.sampled_from(list(NetworkKind))),
        headers=draw(st.sampled_from(_HEADERS)),
        method=draw(st.sampled_from(["GET", "GET", "GET", "HEAD"])),
    )


_views = st.builds(viewed, st.integers(-10, 400), st.sampled_from(["m", "n"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(_hits(), max_size=14), st.lists(_views, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_hits_and_views_changes_no_verdict(
    hits: list[Evidence], views: list[Viewed], chance: random.Random
) -> None:
    expected = {one.id: judgement for one, judgement in zip(hits, judge(hits, views), strict=True)}
    chance.shuffle(hits)
    chance.shuffle(views)
    assert {one.id: judgement for one, judgement in zip(hits, judge(hits, views), strict=True)} == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(_hits().filter(lambda one: one.at is not None), min_size=1, max_size=12), st.lists(_views))
def test_only_what_is_near_a_hit_changes_its_verdict(hits: list[Evidence], views: list[Viewed]) -> None:
    for one, judgement in zip(hits, judge(hits, views), strict=True):
        near = [other for other in hits if _is_near(one, other)]
        near_views = [view for view in views if view.message == one.message and _apart(one, view) <= RELATED_SECONDS]
        assert judge(near, near_views)[near.index(one)] == judgement


def _apart(one: Evidence, other: Evidence | Viewed) -> float:
    assert one.at is not None
    assert other.at is not None
    return abs((one.at - other.at).total_seconds())


def _is_near(one: Evidence, other: Evidence) -> bool:
    if one.message == other.message and _apart(one, other) <= RELATED_SECONDS:
        return True
    same = one.address_key is not None and one.address_key == other.address_key
    return same and _apart(one, other) <= ADDRESS_WINDOW_SECONDS


def test_no_window_is_wider_than_what_storage_is_told_to_load() -> None:
    # An open's burst is that of clicks near it, whose own burst reaches as far again.
    assert 2 * BURST_SECONDS <= RELATED_SECONDS
    widest = [
        AGENTS_SECONDS,
        INSTANT_SECONDS,
        NETWORKS_SECONDS,
        FOLLOWS_SECONDS,
        VIEW_AFTER_SECONDS,
        VIEW_BEFORE_SECONDS,
    ]
    assert max(widest) <= RELATED_SECONDS


@settings(max_examples=100, deadline=None)
@given(st.lists(_hits(), max_size=10), st.lists(_views, max_size=2))
def test_every_judgement_is_well_formed(hits: list[Evidence], views: list[Viewed]) -> None:
    for judgement in judge(hits, views):
        assert 0.0 < judgement.confidence <= 1.0
        assert 0.0 <= judgement.settle_seconds <= 15.0
        assert judgement.verdict.is_human or judgement.settle_seconds == 0.0
        assert judgement.reasons
        assert len(set(judgement.reasons)) == len(judgement.reasons)
        assert set(judgement.reasons) <= set(REASONS)


@pytest.mark.parametrize("rule", [*RULES, NO_RULE], ids=lambda rule: f"{rule.code}-{rule.confidence}")
def test_only_verdicts_of_people_settle(rule: object) -> None:
    assert isinstance(rule, type(NO_RULE))
    assert 0.0 < rule.confidence < 1.0
    assert 0.0 <= rule.settle_seconds <= 15.0
    assert rule.verdict.is_human or rule.settle_seconds == 0.0


def test_the_rules_have_a_version() -> None:
    assert RULES_VERSION == "2026.11.1"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_person_who_knows_better_is_believed(verdict: Verdict) -> None:
    judgement = judged(opened(samples.CURL, method="HEAD")._replace(corrected=verdict))
    assert (judgement.verdict, judgement.confidence) == (verdict, 1.0)
    assert judgement.reasons == ("corrected_by_person",)
    assert judgement.settle_seconds == 0


def test_a_corrected_hit_still_counts_in_a_burst() -> None:
    burst = [clicked(after=100.0 + number, link=f"l{number}") for number in range(3)]
    burst[0] = burst[0]._replace(corrected=Verdict.HUMAN)
    assert [one.verdict for one in judge(burst)] == [Verdict.HUMAN, Verdict.SCANNER, Verdict.SCANNER]


def test_nothing_to_judge_gives_nothing() -> None:
    assert judge([]) == []
    assert judge([], [viewed(1)]) == []


def test_a_lone_hit_has_no_context() -> None:
    assert relate([opened()]) == [ALONE]


def test_each_message_is_judged_as_if_it_were_alone() -> None:
    burst = [clicked(after=100.0 + number, link=f"l{number}") for number in range(3)]
    others = [clicked(after=100.0, message=f"m{number}") for number in range(5)]
    assert Counter(one.verdict for one in judge([*burst, *others])) == {Verdict.SCANNER: 3, Verdict.HUMAN: 5}


def _lone_hits(count: int) -> list[Evidence]:
    agents = [samples.CHROME.replace("130", str(number)) for number in range(200)]
    return [
        hit(
            Kind.CLICK if number % 3 == 0 else Kind.OPEN,
            agents[number % 200] if number % 2 else samples.GMAIL_PROXY,
            3600.0 + number,
            message=f"m{number}",
            recipient=f"{number}@example{number}.com",
            link="l",
            address=f"a{number}",
        )
        for number in range(count)
    ]


def _seconds_to_judge(hits: list[Evidence]) -> float:
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        judge(hits)
        best = min(best, time.perf_counter() - begun)
    return best


def test_a_thousand_lone_hits_are_judged_at_once() -> None:
    # About 5 µs each on one core of 2026; the limit leaves room for a machine that is busy.
    assert _seconds_to_judge(_lone_hits(1000)) < 1000 * 50e-6


def test_time_grows_with_the_number_of_hits_of_one_message_not_its_square() -> None:
    def crowd(count: int) -> list[Evidence]:
        return [
            hit(
                Kind.CLICK if number % 2 else Kind.OPEN,
                _AGENTS[number % len(_AGENTS)],
                number * 100.0 / count,
                recipient="ann@example.com",
                link=f"l{number % 9}",
                address=f"a{number % 5}",
                network=Network(),
            )
            for number in range(count)
        ]

    assert _seconds_to_judge(crowd(8000)) < 40 * _seconds_to_judge(crowd(500))
