"""A day in one mailbox: every sort of visitor at once, and what the sender is told of each."""

from __future__ import annotations

from collections import Counter

from core.signal.evidence import Evidence, NetworkKind, Verdict
from core.signal.judging import judge
from tests.core.signal.samples import (
    APPLE_MAIL,
    BARE,
    CHROME,
    FIREFOX,
    GMAIL_PREFETCH,
    GMAIL_PROXY,
    HOUR,
    LINUX_CHROME,
    NAVIGATION,
    OUTLOOK,
    OUTLOOK_DESKTOP,
    clicked,
    opened,
    viewed,
)

_GMAIL = {"message": "gmail", "recipient": "gina@gmail.com"}
_APPLE = {"message": "apple", "recipient": "anna@icloud.com"}
_OFFICE = {"message": "office", "recipient": "olaf@office.example"}


def _gmail_reader() -> list[tuple[Evidence, Verdict]]:
    return [
        (opened(GMAIL_PROXY, -120, **_GMAIL), Verdict.SELF),
        (opened(GMAIL_PREFETCH, 3.4, **_GMAIL), Verdict.PREFETCH),
        (opened(GMAIL_PROXY, 5 * HOUR, **_GMAIL), Verdict.HUMAN_VIA_PROXY),
        (clicked(CHROME, 5 * HOUR + 20, headers=NAVIGATION, address="gina", **_GMAIL), Verdict.HUMAN),
        (opened(GMAIL_PROXY, 7 * HOUR, **_GMAIL), Verdict.SELF),
    ]


def _apple_reader() -> list[tuple[Evidence, Verdict]]:
    return [
        (opened(BARE, 40, network=NetworkKind.APPLE_RELAY, **_APPLE), Verdict.PREFETCH),
        (opened(BARE, 2 * HOUR, network=NetworkKind.APPLE_RELAY, **_APPLE), Verdict.PREFETCH),
        (clicked(CHROME, 3 * HOUR, network=NetworkKind.APPLE_RELAY, **_APPLE), Verdict.HUMAN),
    ]


def _office_reader(network: NetworkKind) -> list[tuple[Evidence, Verdict]]:
    """Safe Links opens and clicks all, Outlook shows, the person clicks, Outlook probes the link at that."""
    scan = {"network": network, **_OFFICE}
    return [
        (opened(LINUX_CHROME, 41, address="safelinks", **scan), Verdict.SCANNER),
        *(
            (clicked(LINUX_CHROME, 42 + number / 3, link=f"l{number}", address="safelinks", **scan), Verdict.SCANNER)
            for number in range(5)
        ),
        (opened(OUTLOOK_DESKTOP, HOUR, address="olaf", **_OFFICE), Verdict.HUMAN),
        (clicked(OUTLOOK, HOUR + 30, link="l1", address="olaf", **_OFFICE), Verdict.SCANNER),
        (clicked(FIREFOX, HOUR + 32, link="l1", address="olaf", headers=NAVIGATION, **_OFFICE), Verdict.HUMAN),
    ]


def _check(day: list[tuple[Evidence, Verdict]]) -> None:
    views = [viewed(7 * HOUR + 1, "gmail")]
    judgements = judge([hit for hit, _ in day], views)
    assert [judgement.verdict for judgement in judgements] == [verdict for _, verdict in day]


def test_each_visitor_is_told_for_what_it_is() -> None:
    _check([*_gmail_reader(), *_apple_reader(), *_office_reader(NetworkKind.MICROSOFT)])


def test_a_scan_is_told_without_any_list_of_networks_too() -> None:
    _check([*_gmail_reader(), *_office_reader(NetworkKind.UNKNOWN)])


def test_the_totals_are_what_the_sender_would_count() -> None:
    day = [*_gmail_reader(), *_apple_reader(), *_office_reader(NetworkKind.MICROSOFT)]
    judgements = judge([hit for hit, _ in day], [viewed(7 * HOUR + 1, "gmail")])
    assert Counter(judgement.verdict for judgement in judgements) == {
        Verdict.SCANNER: 7,
        Verdict.HUMAN: 4,
        Verdict.PREFETCH: 3,
        Verdict.SELF: 2,
        Verdict.HUMAN_VIA_PROXY: 1,
    }


def test_a_scan_that_comes_in_piece_by_piece_ends_as_a_scan() -> None:
    day = [hit for hit, _ in _office_reader(NetworkKind.UNKNOWN)[:6]]
    assert {one.verdict for one in judge(day[:2])} <= {Verdict.UNKNOWN, Verdict.HUMAN}
    assert {one.verdict for one in judge(day)} == {Verdict.SCANNER}


def test_apple_mail_without_its_privacy_protection_is_a_reader() -> None:
    (judgement,) = judge([opened(APPLE_MAIL, HOUR, network=NetworkKind.ACCESS, **_APPLE)])
    assert judgement.verdict is Verdict.HUMAN
