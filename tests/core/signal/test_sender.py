"""The sender's own views: by heads-up, and mail to oneself."""

from __future__ import annotations

import pytest

from core.signal.evidence import NetworkKind, Verdict, Viewed
from tests.core.signal.samples import (
    APPLE_MAIL,
    BARE,
    CHROME,
    CURL,
    GMAIL_PREFETCH,
    GMAIL_PROXY,
    HOUR,
    OUTLOOK,
    SENT_AT,
    THUNDERBIRD,
    YAHOO,
    clicked,
    judged,
    opened,
    said,
    viewed,
)


@pytest.mark.parametrize("user_agent", [GMAIL_PROXY, OUTLOOK, CHROME])
@pytest.mark.parametrize(
    ("offset", "verdict"),
    [(-3.01, None), (-3.0, Verdict.SELF), (0.0, Verdict.SELF), (10.0, Verdict.SELF), (10.01, None)],
)
def test_opens_around_a_heads_up_are_the_senders(user_agent: str, offset: float, verdict: Verdict | None) -> None:
    judgement = judged(opened(user_agent, after=HOUR + offset), views=(viewed(HOUR),))
    if verdict is None:
        assert judgement.verdict.is_human
    else:
        assert (judgement.verdict, judgement.confidence) == (verdict, 0.9)
        assert judgement.reasons == ("sender_was_viewing",)


def test_a_heads_up_covers_its_own_message_only() -> None:
    assert judged(opened(GMAIL_PROXY), views=(viewed(HOUR, "other"),)).verdict is Verdict.HUMAN_VIA_PROXY


def test_a_heads_up_counts_by_seconds_after_sending_too() -> None:
    view = Viewed("m", None, HOUR)
    assert judged(opened(GMAIL_PROXY, at=None), views=(view,)).verdict is Verdict.SELF
    assert judged(opened(GMAIL_PROXY), views=(view,)).verdict is Verdict.SELF
    assert judged(opened(GMAIL_PROXY, after=None, at=SENT_AT), views=(view,)).verdict is Verdict.HUMAN_VIA_PROXY


def test_a_heads_up_or_a_hit_without_time_relates_to_nothing() -> None:
    assert judged(opened(GMAIL_PROXY), views=(Viewed("m"),)).verdict is Verdict.HUMAN_VIA_PROXY
    assert judged(opened(GMAIL_PROXY, after=None), views=(viewed(HOUR),)).verdict is Verdict.HUMAN_VIA_PROXY


@pytest.mark.parametrize("user_agent", [APPLE_MAIL, THUNDERBIRD])
def test_another_mail_program_during_a_heads_up_is_less_surely_the_senders(user_agent: str) -> None:
    assert said(opened(user_agent), views=(viewed(HOUR),)) == ("self", 0.6)


def test_another_providers_proxy_during_a_heads_up_is_possibly_the_sender() -> None:
    judgement = judged(opened(YAHOO), views=(viewed(HOUR),))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.reasons == ("possibly_sender",)


@pytest.mark.parametrize("user_agent", [CURL, GMAIL_PREFETCH, BARE])
def test_machines_during_a_heads_up_are_machines(user_agent: str) -> None:
    assert judged(opened(user_agent), views=(viewed(HOUR),)).verdict in (Verdict.SCANNER, Verdict.PREFETCH)


def test_a_click_during_a_heads_up_is_the_senders_unless_part_of_a_burst() -> None:
    assert said(clicked(), views=(viewed(HOUR),)) == ("self", 0.7)
    burst = [clicked(after=HOUR + number, link=f"l{number}") for number in range(5)]
    assert judged(burst[0], *burst[1:], views=(viewed(HOUR),)).verdict is Verdict.SCANNER


def test_a_view_that_comes_later_takes_a_verdict_back() -> None:
    hit = opened(GMAIL_PROXY)
    assert judged(hit).verdict is Verdict.HUMAN_VIA_PROXY
    assert judged(hit, views=(viewed(HOUR + 2),)).verdict is Verdict.SELF


@pytest.mark.parametrize("user_agent", [GMAIL_PROXY, OUTLOOK, CHROME])
def test_mail_to_oneself_is_read_by_oneself(user_agent: str) -> None:
    hit = opened(user_agent, recipient="Ann@Example.com", sender="ann@example.com")
    assert said(hit) == ("self", 0.85)
    assert judged(hit).reasons == ("recipient_is_sender",)


def test_a_click_in_mail_to_oneself_is_ones_own() -> None:
    assert said(clicked(recipient="a@b.org", sender="a@b.org")) == ("self", 0.85)


def test_a_program_nobody_knows_during_a_heads_up_is_possibly_the_sender() -> None:
    judgement = judged(opened("Acme Reader 3"), views=(viewed(HOUR),))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.reasons == ("no_rule_matched", "possibly_sender")


def test_a_scan_of_mail_to_oneself_is_a_scan() -> None:
    hit = clicked(recipient="a@b.org", sender="a@b.org", network=NetworkKind.SECURITY)
    assert judged(hit).verdict is Verdict.SCANNER


def test_mail_without_a_known_recipient_is_not_to_oneself() -> None:
    assert judged(opened(GMAIL_PROXY, sender="a@b.org")).verdict is Verdict.HUMAN_VIA_PROXY
