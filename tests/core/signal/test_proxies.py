"""Pictures fetched by mail providers."""

from __future__ import annotations

import pytest

from core.signal.evidence import Network, NetworkKind, Verdict
from tests.core.signal.samples import (
    BARE,
    CHROME,
    GMAIL_PREFETCH,
    GMAIL_PROXY,
    YAHOO,
    clicked,
    judged,
    opened,
    said,
)

_OTHERS = {
    YAHOO: "yahoo_image_proxy",
    "hey.com/imageproxy Mozilla/5.0 (X11; Linux x86_64) Chrome/134.0.0.0": "hey_image_proxy",
    "FastmailUA/1.0": "fastmail_image_proxy",
    "Mozilla/5.0 SeznamEmailProxy/3.0": "seznam_image_proxy",
    "RamblerMail/6.0 (incompatible; ImageProxy/6.0)": "rambler_image_proxy",
    "Mozilla/5.0 (via secureurl.fwdcdn.com - mail.ukr.net proxy)": "ukrnet_image_proxy",
    "Mozilla/5.0 (compatible; YandexImageResizer/2.0)": "yandex_image_proxy",
}
_PROVIDERS = (NetworkKind.MAIL_PROXY, NetworkKind.UNKNOWN, NetworkKind.PRIVATE)


@pytest.mark.parametrize("network", [NetworkKind.GOOGLE, NetworkKind.UNKNOWN, NetworkKind.PRIVATE])
def test_gmails_proxy_an_hour_later_is_a_reader_and_waits_for_nothing(network: NetworkKind) -> None:
    judgement = judged(opened(GMAIL_PROXY, network=network))
    assert judgement.verdict is Verdict.HUMAN_VIA_PROXY
    assert judgement.confidence == 0.9
    assert judgement.reasons == ("gmail_image_proxy",)
    assert judgement.settle_seconds == 0


def test_gmails_proxy_without_any_time_is_a_reader() -> None:
    assert said(opened(GMAIL_PROXY, after=None)) == ("human_via_proxy", 0.9)


@pytest.mark.parametrize(
    ("after", "verdict", "confidence"),
    [
        (-30.0, "prefetch", 0.6),
        (3.5, "prefetch", 0.6),
        (9.9, "prefetch", 0.6),
        (10.0, "human_via_proxy", 0.5),
        (59.9, "human_via_proxy", 0.5),
        (60.0, "human_via_proxy", 0.9),
    ],
)
def test_gmails_proxy_means_less_the_sooner_it_comes(after: float, verdict: str, confidence: float) -> None:
    assert said(opened(GMAIL_PROXY, after=after)) == (verdict, confidence)


def test_gmails_proxy_soon_after_sending_says_so_and_settles() -> None:
    judgement = judged(opened(GMAIL_PROXY, after=30))
    assert judgement.reasons == ("gmail_image_proxy", "soon_after_sending")
    assert judgement.settle_seconds == 15


def test_the_prefetch_before_a_real_gmail_open_keeps_its_own_verdict() -> None:
    prefetch, display = opened(GMAIL_PREFETCH, after=25), opened(GMAIL_PROXY, after=90)
    assert said(prefetch, display) == ("prefetch", 0.99)
    assert said(display, prefetch) == ("human_via_proxy", 0.9)


@pytest.mark.parametrize(
    "network",
    [NetworkKind.ACCESS, NetworkKind.HOSTING, NetworkKind.MICROSOFT, NetworkKind.APPLE_RELAY],
)
def test_gmails_name_out_of_another_known_network_is_forged(network: NetworkKind) -> None:
    judgement = judged(opened(GMAIL_PROXY, network=network))
    assert judgement.verdict is Verdict.SCANNER
    assert judgement.reasons[0] == "forged_image_proxy"


def test_googles_own_number_is_google_whatever_a_list_calls_it() -> None:
    assert said(opened(GMAIL_PROXY, network=Network(NetworkKind.HOSTING, 15169))) == ("human_via_proxy", 0.9)


@pytest.mark.parametrize(("user_agent", "reason"), _OTHERS.items())
@pytest.mark.parametrize("network", _PROVIDERS)
def test_other_providers_proxies_are_readers(user_agent: str, reason: str, network: NetworkKind) -> None:
    judgement = judged(opened(user_agent, network=network))
    assert judgement.verdict is Verdict.HUMAN_VIA_PROXY
    assert judgement.confidence == 0.9
    assert judgement.reasons == (reason,)
    assert judgement.settle_seconds == 0


@pytest.mark.parametrize("user_agent", _OTHERS)
def test_other_providers_proxies_soon_after_sending_are_less_sure(user_agent: str) -> None:
    assert said(opened(user_agent, after=-0.1)) == ("unknown", 0.4)
    assert said(opened(user_agent, after=0)) == ("human_via_proxy", 0.5)
    assert said(opened(user_agent, after=59.9)) == ("human_via_proxy", 0.5)
    assert said(opened(user_agent, after=60)) == ("human_via_proxy", 0.9)


@pytest.mark.parametrize("user_agent", _OTHERS)
def test_other_providers_proxies_in_a_network_of_no_list_are_less_sure(user_agent: str) -> None:
    assert said(opened(user_agent, network=NetworkKind.HOSTING)) == ("human_via_proxy", 0.7)
    assert said(opened(user_agent, network=NetworkKind.ACCESS)) == ("human_via_proxy", 0.7)
    assert said(opened(user_agent, network=NetworkKind.MICROSOFT)) == ("scanner", 0.8)


@pytest.mark.parametrize("user_agent", [GMAIL_PROXY, *_OTHERS])
def test_a_picture_proxy_on_a_link_is_a_machine(user_agent: str) -> None:
    assert said(clicked(user_agent)) == ("scanner", 0.8)


def test_yahoos_retries_each_keep_their_verdict() -> None:
    tries = [opened(YAHOO, after=600 + number * 0.2, address="y") for number in range(4)]
    assert {said(one, *tries) for one in tries} == {("human_via_proxy", 0.9)}


@pytest.mark.parametrize(
    ("network", "verdict", "confidence"),
    [
        (Network(NetworkKind.APPLE_RELAY), "prefetch", 0.97),
        (Network(NetworkKind.HOSTING, 13335), "prefetch", 0.9),
        (Network(NetworkKind.HOSTING, None, "Akamai"), "prefetch", 0.9),
        (Network(NetworkKind.HOSTING, 16509), "prefetch", 0.6),
        (Network(NetworkKind.MICROSOFT), "prefetch", 0.6),
        (Network(NetworkKind.UNKNOWN), "prefetch", 0.7),
        (Network(NetworkKind.PRIVATE), "prefetch", 0.7),
        (Network(NetworkKind.ACCESS), "human", 0.6),
        (Network(NetworkKind.GATEWAY), "human", 0.5),
        (Network(NetworkKind.SECURITY), "scanner", 0.9),
    ],
)
@pytest.mark.parametrize("after", [5.0, 3600.0, None])
def test_apples_bare_name_is_judged_by_its_network(
    network: Network, verdict: str, confidence: float, after: float | None
) -> None:
    assert said(opened(BARE, after=after, network=network)) == (verdict, confidence)


def test_apples_bare_name_on_a_link_is_a_machine() -> None:
    assert said(clicked(BARE, network=NetworkKind.ACCESS)) == ("scanner", 0.8)


def test_a_mail_providers_network_stands_for_its_reader() -> None:
    assert said(opened("SomeProxy/1.0", network=NetworkKind.MAIL_PROXY)) == ("human_via_proxy", 0.7)
    assert said(opened(CHROME, network=NetworkKind.MAIL_PROXY)) == ("human_via_proxy", 0.7)
