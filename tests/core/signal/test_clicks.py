"""Clicks taken one by one: what network, time and headers say of a browser."""

from __future__ import annotations

import pytest

from core.signal.evidence import NetworkKind, Verdict
from tests.core.signal.samples import (
    APPLE_MAIL,
    CHROME,
    GMAIL_PROXY,
    HOUR,
    NAVIGATION,
    OUTLOOK,
    OUTLOOK_DESKTOP,
    THUNDERBIRD,
    WEB_VIEW,
    clicked,
    judged,
    opened,
    said,
)


@pytest.mark.parametrize("network", [NetworkKind.ACCESS, NetworkKind.UNKNOWN, NetworkKind.PRIVATE])
def test_a_browser_that_goes_to_the_page_is_a_person_and_settles(network: NetworkKind) -> None:
    judgement = judged(clicked(CHROME, network=network, headers=NAVIGATION))
    assert (judgement.verdict, judgement.confidence) == (Verdict.HUMAN, 0.85)
    assert judgement.reasons == ("browser_click", "browser_navigation")
    assert judgement.settle_seconds == 12


def test_a_browser_without_headers_is_a_person_by_its_network() -> None:
    assert said(clicked(CHROME, network=NetworkKind.ACCESS)) == ("human", 0.85)
    assert said(clicked(CHROME)) == ("human", 0.7)
    assert said(clicked(CHROME, after=None)) == ("human", 0.7)


@pytest.mark.parametrize("network", [NetworkKind.GATEWAY, NetworkKind.APPLE_RELAY])
def test_clicks_through_gateways_and_relays_are_peoples(network: NetworkKind) -> None:
    assert said(clicked(CHROME, network=network)) == ("human", 0.7)


@pytest.mark.parametrize("user_agent", [OUTLOOK, OUTLOOK_DESKTOP, "Outlook-iOS/723.4027091.prod.iphone"])
def test_outlooks_own_name_on_a_link_is_a_probe(user_agent: str) -> None:
    judgement = judged(clicked(user_agent, network=NetworkKind.ACCESS))
    assert (judgement.verdict, judgement.confidence) == (Verdict.SCANNER, 0.9)
    assert judgement.reasons == ("outlook_link_probe",)


def test_another_mail_program_on_a_link_tells_nothing() -> None:
    assert judged(clicked(THUNDERBIRD)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("user_agent", [APPLE_MAIL, WEB_VIEW])
def test_a_browser_within_an_app_is_a_person_less_surely(user_agent: str) -> None:
    assert said(clicked(user_agent, network=NetworkKind.ACCESS)) == ("human", 0.6)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-mode": "no-cors"},
        {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"accept": "*/*"},
    ],
)
def test_a_browser_that_follows_no_link_is_a_machine(headers: dict[str, str]) -> None:
    assert said(clicked(CHROME, headers=headers, network=NetworkKind.ACCESS)) == ("scanner", 0.7)


def test_a_browser_that_wants_html_follows_a_link() -> None:
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert said(clicked(CHROME, headers=headers, network=NetworkKind.ACCESS)) == ("human", 0.85)


def test_microsofts_network_condemns_a_click_for_two_minutes_only() -> None:
    assert said(clicked(after=119.9, network=NetworkKind.MICROSOFT)) == ("scanner", 0.8)
    later = judged(clicked(after=120, network=NetworkKind.MICROSOFT))
    assert later.verdict is Verdict.UNKNOWN
    assert later.reasons == ("data_centre_browser", "microsoft_network")
    assert judged(clicked(after=None, network=NetworkKind.MICROSOFT)).verdict is Verdict.UNKNOWN


def test_a_data_centre_condemns_a_click_for_two_minutes_only() -> None:
    assert said(clicked(after=119.9, network=NetworkKind.HOSTING)) == ("scanner", 0.7)
    assert said(clicked(after=120, network=NetworkKind.HOSTING)) == ("unknown", 0.5)


@pytest.mark.parametrize("network", [NetworkKind.HOSTING, NetworkKind.MICROSOFT])
def test_a_reader_who_just_opened_may_click_through_a_vpn(network: NetworkKind) -> None:
    click = clicked(after=HOUR, network=network)
    assert said(click, opened(GMAIL_PROXY, after=HOUR - 120)) == ("human", 0.55)
    assert said(click, opened(GMAIL_PROXY, after=HOUR - 120.1)) == ("unknown", 0.5)


@pytest.mark.parametrize(
    ("after", "verdict", "confidence"),
    [
        (0.0, "scanner", 0.6),
        (9.9, "scanner", 0.6),
        (10.0, "unknown", 0.4),
        (19.9, "unknown", 0.4),
        (20.0, "human", 0.5),
        (59.9, "human", 0.5),
        (60.0, "human", 0.7),
    ],
)
def test_a_bare_click_means_more_the_later_it_comes(after: float, verdict: str, confidence: float) -> None:
    assert said(clicked(after=after)) == (verdict, confidence)


@pytest.mark.parametrize(("after", "confidence"), [(5.0, 0.5), (19.9, 0.5), (20.0, 0.7), (59.9, 0.7), (60.0, 0.85)])
def test_a_click_from_home_is_a_persons_even_soon(after: float, confidence: float) -> None:
    assert said(clicked(after=after, network=NetworkKind.ACCESS)) == ("human", confidence)


def test_an_open_before_it_makes_an_early_click_likelier() -> None:
    click, display = clicked(after=15), opened(APPLE_MAIL, after=12)
    judgement = judged(click, display)
    assert (judgement.verdict, judgement.confidence) == (Verdict.HUMAN, 0.7)
    assert "follows_open" in judgement.reasons


def test_an_open_after_it_does_not() -> None:
    assert said(clicked(after=15), opened(APPLE_MAIL, after=15.1)) == ("unknown", 0.4)


def test_a_scanners_open_is_no_readers_open() -> None:
    assert said(clicked(after=15), opened(CHROME, after=12)) == ("unknown", 0.4)
    assert said(clicked(after=15), opened("curl/8", after=12)) == ("unknown", 0.4)
    assert said(clicked(after=15), opened(CHROME, after=12, network=NetworkKind.ACCESS)) == ("human", 0.7)


def test_another_recipients_open_is_no_open() -> None:
    click = clicked(after=15, recipient="ann@example.com")
    assert said(click, opened(APPLE_MAIL, after=12, recipient="bob@example.com")) == ("unknown", 0.4)
    assert said(click, opened(APPLE_MAIL, after=12, recipient="ann@example.com")) == ("human", 0.7)
