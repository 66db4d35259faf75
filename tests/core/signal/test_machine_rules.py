"""Machines that say so, and hits before sending: for opens and clicks alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.signal.evidence import Evidence, NetworkKind, Verdict
from tests.core.signal.samples import (
    APPLE_MAIL,
    BARE,
    CHROME,
    CURL,
    GMAIL_PREFETCH,
    GMAIL_PROXY,
    NAVIGATION,
    OUTLOOK_DESKTOP,
    clicked,
    judged,
    opened,
    said,
)

Make = Callable[..., Evidence]
both = pytest.mark.parametrize("make", [opened, clicked])


@both
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "head"])
def test_any_method_but_get_is_a_machine(make: Make, method: str) -> None:
    judgement = judged(make(method=method, network=NetworkKind.ACCESS))
    assert judgement.verdict is Verdict.SCANNER
    assert judgement.confidence >= 0.95
    assert judgement.reasons == ("method_not_get",)


@both
def test_get_in_small_letters_is_get(make: Make) -> None:
    assert judged(make(method="get", network=NetworkKind.ACCESS)).verdict is Verdict.HUMAN


@both
@pytest.mark.parametrize(
    ("user_agent", "reason"),
    [
        (CURL, "known_automation"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "link_unfurler"),
        ("Barracuda Sentinel (EE)", "security_scanner_agent"),
    ],
)
def test_programs_that_name_themselves_are_scanners(make: Make, user_agent: str, reason: str) -> None:
    judgement = judged(make(user_agent, network=NetworkKind.ACCESS))
    assert judgement.verdict is Verdict.SCANNER
    assert judgement.confidence >= 0.95
    assert judgement.reasons == (reason,)


def test_reasons_that_agree_are_all_named() -> None:
    judgement = judged(opened(CURL, method="HEAD", network=NetworkKind.SECURITY))
    assert judgement.reasons == ("method_not_get", "known_automation", "security_network")


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "Prefetch"),
        ("x-moz", "prefetch"),
        ("x-purpose", "preview"),
    ],
)
def test_a_request_that_says_it_runs_ahead_is_a_prefetch(make: Make, name: str, value: str) -> None:
    judgement = judged(make(headers={name: value}, network=NetworkKind.ACCESS))
    assert judgement.verdict is Verdict.PREFETCH
    assert judgement.confidence >= 0.95
    assert judgement.reasons == ("prefetch_header",)


@both
def test_a_purpose_that_is_none_of_these_says_nothing(make: Make) -> None:
    assert judged(make(headers={"purpose": "reading"}, network=NetworkKind.ACCESS)).verdict is Verdict.HUMAN


@both
@pytest.mark.parametrize(
    "headers",
    [{"from": "robot(at)example.com"}, {"sec-ch-ua": '"HeadlessChrome";v="130"'}],
)
def test_headers_of_robots_are_robots(make: Make, headers: dict[str, str]) -> None:
    assert judged(make(headers=headers)).reasons[0] == "robot_header"
    assert said(make(headers=headers)) == ("scanner", 0.95)


@both
@pytest.mark.parametrize(
    ("network", "confidence"),
    [
        (NetworkKind.GOOGLE, 0.99),
        (NetworkKind.UNKNOWN, 0.99),
        (NetworkKind.PRIVATE, 0.99),
        (NetworkKind.ACCESS, 0.9),
    ],
)
def test_gmails_prefetch_is_known_word_for_word(make: Make, network: NetworkKind, confidence: float) -> None:
    assert said(make(GMAIL_PREFETCH, network=network)) == ("prefetch", confidence)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (NetworkKind.GOOGLE, ("prefetch", 0.95)),
        (NetworkKind.UNKNOWN, ("prefetch", 0.7)),
        (NetworkKind.ACCESS, ("unknown", 0.3)),
    ],
)
def test_gmails_prefetch_without_its_odd_ending_depends_on_the_network(
    network: NetworkKind, expected: tuple[str, float]
) -> None:
    assert said(opened(GMAIL_PREFETCH.removesuffix(" Mozilla/5.0"), network=network)) == expected


@both
@pytest.mark.parametrize("user_agent", [CHROME, APPLE_MAIL, OUTLOOK_DESKTOP])
def test_a_security_vendors_network_scans(make: Make, user_agent: str) -> None:
    judgement = judged(make(user_agent, network=NetworkKind.SECURITY))
    assert judgement.verdict is Verdict.SCANNER
    assert judgement.confidence >= 0.9
    assert judgement.reasons[0] == "security_network"


def test_without_a_user_agent_it_is_a_machine() -> None:
    assert said(opened("")) == ("scanner", 0.7)
    assert said(clicked("")) == ("scanner", 0.8)


@both
@pytest.mark.parametrize("user_agent", [CHROME, GMAIL_PROXY, APPLE_MAIL, BARE, OUTLOOK_DESKTOP])
def test_before_sending_only_the_sender_can_look(make: Make, user_agent: str) -> None:
    judgement = judged(make(user_agent, after=-30.1))
    assert judgement.verdict is Verdict.SELF
    assert judgement.confidence == 0.9
    assert judgement.reasons[0] == "before_sending"


@both
@pytest.mark.parametrize("after", [-30.0, -0.1])
def test_within_the_grace_before_sending_nothing_is_sure(make: Make, after: float) -> None:
    judgement = judged(make(CHROME, after=after, network=NetworkKind.ACCESS, headers=_plain(make)))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.confidence == 0.4
    assert judgement.reasons == ("around_sending", "possibly_sender")


def test_the_grace_ends_with_sending() -> None:
    assert "around_sending" not in judged(opened(APPLE_MAIL, after=0.0)).reasons
    assert judged(opened(APPLE_MAIL, after=-0.1)).verdict is Verdict.UNKNOWN


def test_a_machine_before_sending_is_a_machine() -> None:
    assert judged(opened(CURL, after=-100)).verdict is Verdict.SCANNER


def _plain(make: Make) -> dict[str, str]:
    return NAVIGATION if make is clicked else {}
