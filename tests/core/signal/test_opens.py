"""Opens by a reader's own program."""

from __future__ import annotations

import pytest

from core.signal.evidence import NetworkKind, Verdict
from tests.core.signal.samples import (
    APPLE_MAIL,
    CHROME,
    OUTLOOK,
    OUTLOOK_DESKTOP,
    THUNDERBIRD,
    WEB_VIEW,
    judged,
    opened,
    said,
)

_DATA_CENTRES = [NetworkKind.HOSTING, NetworkKind.GOOGLE]


@pytest.mark.parametrize("user_agent", [OUTLOOK, OUTLOOK_DESKTOP, THUNDERBIRD, "MacOutlook/16.89"])
@pytest.mark.parametrize("network", [NetworkKind.ACCESS, NetworkKind.UNKNOWN, NetworkKind.PRIVATE])
@pytest.mark.parametrize("after", [10.0, 3600.0, None])
def test_a_mail_program_that_shows_the_picture_is_a_reader_at_once(
    user_agent: str, network: NetworkKind, after: float | None
) -> None:
    judgement = judged(opened(user_agent, after=after, network=network))
    assert (judgement.verdict, judgement.confidence) == (Verdict.HUMAN, 0.85)
    assert judgement.reasons[0] == "mail_client"
    assert judgement.settle_seconds == 0


def test_apple_mail_by_its_own_name_is_a_reader() -> None:
    assert said(opened(APPLE_MAIL, network=NetworkKind.ACCESS)) == ("human", 0.8)
    assert said(opened(APPLE_MAIL)) == ("human", 0.8)


def test_a_mail_program_at_delivery_is_less_sure_and_settles() -> None:
    assert said(opened(OUTLOOK, after=9.9)) == ("human", 0.5)
    assert judged(opened(OUTLOOK, after=9.9)).settle_seconds == 15
    assert said(opened(OUTLOOK, after=10)) == ("human", 0.85)


@pytest.mark.parametrize("network", [NetworkKind.GATEWAY, NetworkKind.APPLE_RELAY])
def test_people_behind_gateways_and_relays_are_people(network: NetworkKind) -> None:
    assert said(opened(OUTLOOK, network=network)) == ("human", 0.7)
    assert said(opened(CHROME, network=network)) == ("human", 0.6)


@pytest.mark.parametrize("network", [*_DATA_CENTRES, NetworkKind.MICROSOFT])
def test_a_mail_program_in_a_data_centre_is_doubtful(network: NetworkKind) -> None:
    assert said(opened(OUTLOOK, network=network)) == ("human", 0.6)


@pytest.mark.parametrize("after", [5.0, 3600.0, None])
def test_a_browser_in_microsofts_network_is_a_scan_at_any_time(after: float | None) -> None:
    judgement = judged(opened(CHROME, after=after, network=NetworkKind.MICROSOFT))
    assert (judgement.verdict, judgement.confidence) == (Verdict.SCANNER, 0.8)
    assert judgement.reasons[0] == "microsoft_scan"


@pytest.mark.parametrize("network", _DATA_CENTRES)
def test_a_browser_in_a_data_centre_is_a_scan_soon_and_unknown_later(network: NetworkKind) -> None:
    assert said(opened(CHROME, after=119.9, network=network)) == ("scanner", 0.6)
    assert said(opened(CHROME, after=120, network=network)) == ("unknown", 0.5)
    assert said(opened(CHROME, after=None, network=network)) == ("unknown", 0.5)


@pytest.mark.parametrize(
    ("network", "after", "verdict", "confidence", "settle"),
    [
        (NetworkKind.ACCESS, 59.9, "human", 0.5, 15),
        (NetworkKind.ACCESS, 60.0, "human", 0.75, 0),
        (NetworkKind.ACCESS, None, "human", 0.75, 0),
        (NetworkKind.UNKNOWN, 59.9, "unknown", 0.5, 0),
        (NetworkKind.UNKNOWN, 60.0, "human", 0.55, 15),
        (NetworkKind.UNKNOWN, 299.9, "human", 0.55, 15),
        (NetworkKind.UNKNOWN, 300.0, "human", 0.65, 0),
        (NetworkKind.UNKNOWN, None, "human", 0.6, 15),
        (NetworkKind.PRIVATE, 300.0, "human", 0.65, 0),
        (NetworkKind.GATEWAY, 59.9, "human", 0.5, 15),
    ],
)
def test_a_browser_means_more_the_later_it_comes(
    network: NetworkKind, after: float | None, verdict: str, confidence: float, settle: float
) -> None:
    hit = opened(CHROME, after=after, network=network)
    assert said(hit) == (verdict, confidence)
    assert judged(hit).settle_seconds == settle


def test_a_hosting_network_is_named_where_it_left_doubt() -> None:
    doubtful = judged(opened(CHROME, network=NetworkKind.HOSTING))
    assert doubtful.reasons == ("data_centre_browser", "hosting_network")


def test_soon_is_said_up_to_a_minute() -> None:
    assert judged(opened(CHROME, after=59.9)).reasons == ("browser_soon_after_sending", "soon_after_sending")
    assert "soon_after_sending" not in judged(opened(CHROME, after=60)).reasons


def test_an_app_that_shows_mail_is_a_reader() -> None:
    assert said(opened(WEB_VIEW)) == ("human", 0.7)
    assert said(opened(WEB_VIEW, network=NetworkKind.HOSTING)) == ("unknown", 0.3)


@pytest.mark.parametrize("headers", [{"sec-fetch-dest": "document"}, {"sec-fetch-mode": "navigate"}])
def test_nobody_reads_a_message_by_visiting_its_pixel(headers: dict[str, str]) -> None:
    assert said(opened(CHROME, headers=headers, network=NetworkKind.ACCESS)) == ("scanner", 0.8)


def test_a_pixel_shown_as_a_picture_is_shown() -> None:
    shown = {"sec-fetch-dest": "image", "sec-fetch-mode": "no-cors"}
    assert said(opened(CHROME, headers=shown, network=NetworkKind.ACCESS)) == ("human", 0.75)


def test_what_no_rule_knows_is_unknown() -> None:
    judgement = judged(opened("Acme Reader 3"))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.reasons == ("no_rule_matched",)
