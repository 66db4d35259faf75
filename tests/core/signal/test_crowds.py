"""Rules that only several hits together meet: each just below and just above its threshold."""

from __future__ import annotations

from typing import Any

import pytest

from core.signal.evidence import Evidence, NetworkKind, Verdict
from core.signal.judging import judge
from tests.core.signal.samples import (
    APPLE_MAIL,
    BARE,
    CHROME,
    CURL,
    FIREFOX,
    GMAIL_PROXY,
    HOUR,
    LINUX_CHROME,
    NAVIGATION,
    OUTLOOK,
    clicked,
    judged,
    opened,
    said,
)


def _burst(count: int, seconds: float, begin: float = HOUR, **fields: Any) -> list[Evidence]:
    """Make clicks on `count` links, evenly over `seconds`."""
    step = seconds / max(1, count - 1)
    return [clicked(after=begin + number * step, link=f"l{number}", **fields) for number in range(count)]


def _verdicts(hits: list[Evidence]) -> set[Verdict]:
    return {judgement.verdict for judgement in judge(hits)}


def test_three_links_within_ten_seconds_are_a_burst() -> None:
    assert [(one.verdict, one.confidence) for one in judge(_burst(3, 10.0))] == [(Verdict.SCANNER, 0.9)] * 3
    assert _verdicts(_burst(3, 10.01)) == {Verdict.HUMAN}


def test_two_links_within_ten_seconds_are_not() -> None:
    assert _verdicts(_burst(2, 5.0)) == {Verdict.HUMAN}


def test_five_links_make_it_strong() -> None:
    assert {one.confidence for one in judge(_burst(4, 9.0))} == {0.9}
    assert {one.confidence for one in judge(_burst(5, 9.0))} == {0.97}


def test_a_burst_is_the_same_by_seconds_after_sending_alone() -> None:
    assert _verdicts(_burst(3, 10.0, at=None)) == {Verdict.SCANNER}
    assert _verdicts(_burst(3, 10.01, at=None)) == {Verdict.HUMAN}


def test_hits_with_a_clock_and_without_are_related_by_seconds_after_sending() -> None:
    hits = _burst(3, 8.0)
    assert _verdicts([*hits[:2], *_burst(3, 8.0, at=None)[2:]]) == {Verdict.SCANNER}


def test_without_any_time_nothing_is_a_burst() -> None:
    hits = [clicked(after=None, link=f"l{number}") for number in range(9)]
    assert _verdicts(hits) == {Verdict.HUMAN}


def test_clicks_on_one_link_are_no_burst() -> None:
    assert _verdicts([clicked(after=HOUR + number) for number in range(6)]) == {Verdict.HUMAN}
    assert _verdicts([clicked(after=HOUR + number, link=None) for number in range(6)]) == {Verdict.HUMAN}


def test_links_of_different_messages_or_recipients_are_no_burst() -> None:
    messages = [clicked(message=f"m{number}", link=f"l{number}") for number in range(5)]
    recipients = [clicked(recipient=f"{number}@x.org", link=f"l{number}") for number in range(5)]
    assert _verdicts(messages) == {Verdict.HUMAN}
    assert _verdicts(recipients) == {Verdict.HUMAN}


def test_a_later_hit_changes_what_the_earlier_ones_were() -> None:
    hits = _burst(3, 8.0, headers=NAVIGATION)
    assert _verdicts(hits[:2]) == {Verdict.HUMAN}
    assert _verdicts(hits) == {Verdict.SCANNER}


def test_a_burst_from_many_addresses_is_one_burst() -> None:
    hits = [clicked(after=HOUR + number, link=f"l{number}", address=f"a{number}") for number in range(4)]
    assert _verdicts(hits) == {Verdict.SCANNER}


def test_an_open_from_the_bursts_network_belongs_to_it() -> None:
    burst = _burst(3, 8.0, address="scanner")
    assert judged(opened(CHROME, after=HOUR + 1, address="scanner"), *burst).reasons == ("many_links_at_once",)
    assert judged(opened(APPLE_MAIL, after=HOUR - 1, address="scanner"), *burst).verdict is Verdict.SCANNER
    assert judged(opened(CHROME, after=HOUR + 1, address="home"), *burst).verdict is Verdict.HUMAN
    assert judged(opened(CHROME, after=HOUR - 10.1, address="scanner"), *burst).verdict is Verdict.HUMAN


def test_an_open_by_gmails_proxy_amid_a_burst_is_still_a_reader() -> None:
    burst = _burst(5, 4.0, address="scanner")
    assert said(opened(GMAIL_PROXY, after=HOUR + 1, address="scanner"), *burst) == ("human_via_proxy", 0.9)


def test_with_no_address_known_the_program_tells_the_source() -> None:
    burst = _burst(3, 8.0)
    assert judged(opened(CHROME, after=HOUR + 1), *burst).verdict is Verdict.SCANNER
    assert judged(opened(OUTLOOK, after=HOUR + 1), *burst).verdict is Verdict.HUMAN


def test_a_person_at_home_is_not_condemned_by_a_data_centres_burst() -> None:
    burst = _burst(5, 4.0, network=NetworkKind.HOSTING, address="cloud")
    person = clicked(after=HOUR + 2, network=NetworkKind.ACCESS, address="home", link="l1")
    assert judged(person, *burst).verdict is Verdict.HUMAN
    assert judged(burst[0], *burst[1:], person).verdict is Verdict.SCANNER


def test_a_burst_from_an_access_network_is_a_burst() -> None:
    assert _verdicts(_burst(3, 8.0, network=NetworkKind.ACCESS)) == {Verdict.SCANNER}


def test_two_links_in_a_second_are_too_fast() -> None:
    assert {(one.verdict, one.confidence) for one in judge(_burst(2, 1.0))} == {(Verdict.SCANNER, 0.8)}
    assert _verdicts(_burst(2, 1.01)) == {Verdict.HUMAN}


def test_a_double_click_is_not_too_fast() -> None:
    assert _verdicts([clicked(after=HOUR), clicked(after=HOUR + 0.2)]) == {Verdict.HUMAN}


def _networks(count: int, seconds: float, **fields: Any) -> list[Evidence]:
    step = seconds / max(1, count - 1)
    given: dict[str, Any] = {"recipient": "ann@example.com", **fields}
    return [clicked(after=HOUR + number * step, address=f"n{number}", **given) for number in range(count)]


def test_three_networks_within_a_minute_are_no_person() -> None:
    assert {(one.verdict, one.confidence) for one in judge(_networks(3, 60.0))} == {(Verdict.SCANNER, 0.85)}
    assert _verdicts(_networks(3, 60.01)) == {Verdict.HUMAN}
    assert _verdicts(_networks(2, 30.0)) == {Verdict.HUMAN}


def test_opens_count_among_the_networks() -> None:
    clicks = _networks(2, 30.0)
    display = opened(APPLE_MAIL, after=HOUR + 40, recipient="ann@example.com", address="phone")
    assert judged(clicks[0], clicks[1], display).verdict is Verdict.SCANNER
    assert judged(display, *clicks).verdict is Verdict.SCANNER


def test_three_networks_of_a_shared_copy_are_three_people() -> None:
    assert _verdicts(_networks(3, 30.0, recipient=None)) == {Verdict.HUMAN}


@pytest.mark.parametrize("network", [NetworkKind.APPLE_RELAY, NetworkKind.GATEWAY])
def test_relays_and_gateways_change_networks_by_themselves(network: NetworkKind) -> None:
    assert _verdicts(_networks(5, 30.0, network=network)) == {Verdict.HUMAN}


def test_proxies_and_machines_are_not_among_a_persons_networks() -> None:
    known: dict[str, Any] = {"recipient": "ann@example.com"}
    person = clicked(address="home", **known)
    others = [
        opened(GMAIL_PROXY, address="google", **known),
        opened(BARE, address="relay", **known),
        clicked(CURL, address="cloud", **known),
        clicked(CHROME, address="defender", network=NetworkKind.MICROSOFT, **known),
    ]
    assert judged(person, *others).verdict is Verdict.HUMAN


def test_data_centres_are_not_among_the_networks_of_somebody_at_home() -> None:
    home, *clouds = _networks(3, 30.0)
    at_home = clicked(after=HOUR, recipient="ann@example.com", address="home", network=NetworkKind.ACCESS)
    assert judged(home, *clouds).verdict is Verdict.SCANNER
    assert judged(at_home, *clouds).verdict is Verdict.HUMAN


def _one_address(domains: int, seconds: float, **fields: Any) -> list[Evidence]:
    step = seconds / max(1, domains - 1)
    return [
        opened(
            **{
                "after": HOUR + number * step,
                "message": f"m{number}",
                "recipient": f"ann@example{number}.com",
                "address": "one",
                **fields,
            }
        )
        for number in range(domains)
    ]  # fmt: skip


def test_one_address_for_ten_domains_is_a_scanner() -> None:
    assert {(one.verdict, one.confidence) for one in judge(_one_address(10, 600.0))} == {(Verdict.SCANNER, 0.85)}
    assert _verdicts(_one_address(9, 60.0)) == {Verdict.HUMAN}
    assert _verdicts(_one_address(10, 600.01)) == {Verdict.HUMAN}


def test_an_office_with_many_recipients_of_one_domain_is_none() -> None:
    hits = [
        opened(message=f"m{number}", recipient=f"{number}@office.example", address="office") for number in range(20)
    ]
    assert _verdicts(hits) == {Verdict.HUMAN}


@pytest.mark.parametrize("network", [NetworkKind.APPLE_RELAY, NetworkKind.GATEWAY])
def test_an_address_that_stands_for_many_is_none(network: NetworkKind) -> None:
    assert _verdicts(_one_address(12, 60.0, network=network)) == {Verdict.HUMAN}


def test_gmails_proxy_serves_many_recipients_from_one_address() -> None:
    assert _verdicts(_one_address(12, 60.0, user_agent=GMAIL_PROXY)) == {Verdict.HUMAN_VIA_PROXY}


def test_addresses_relate_only_hits_that_have_a_clock() -> None:
    assert _verdicts(_one_address(12, 60.0, at=None)) == {Verdict.HUMAN}


@pytest.mark.parametrize(("network", "confidence"), [(NetworkKind.UNKNOWN, 0.7), (NetworkKind.HOSTING, 0.9)])
def test_two_browsers_at_one_address_within_seconds_are_a_scanner(network: NetworkKind, confidence: float) -> None:
    display = opened(CHROME, after=HOUR, address="one", network=network)
    click = clicked(LINUX_CHROME, after=HOUR + 10, address="one", network=network)
    late = clicked(LINUX_CHROME, after=HOUR + 10.01, address="one", network=network)
    assert said(display, click) == ("scanner", confidence)
    assert said(click, display) == ("scanner", confidence)
    assert judged(late, display).verdict is not Verdict.SCANNER


def test_a_mail_program_and_a_browser_at_one_address_are_a_person() -> None:
    click = clicked(FIREFOX, after=HOUR + 5, address="one")
    assert judged(click, opened(OUTLOOK, after=HOUR, address="one")).verdict is Verdict.HUMAN
    assert judged(click, opened(APPLE_MAIL, after=HOUR, address="one")).verdict is Verdict.HUMAN


def test_two_browsers_are_none_at_two_addresses_or_at_home_or_without_a_click() -> None:
    click = clicked(LINUX_CHROME, after=HOUR + 5, address="one")
    assert judged(click, opened(CHROME, after=HOUR, address="two")).verdict is Verdict.HUMAN
    assert judged(click, clicked(CHROME, after=HOUR, address="one")).verdict is Verdict.HUMAN
    assert judged(click, opened(LINUX_CHROME, after=HOUR, address="one")).verdict is Verdict.HUMAN
    home = clicked(LINUX_CHROME, after=HOUR + 5, address="one", network=NetworkKind.ACCESS)
    assert judged(home, opened(CHROME, address="one", network=NetworkKind.ACCESS)).verdict is Verdict.HUMAN
