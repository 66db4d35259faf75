from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enrich.agents import describe_agent, is_mail_proxy
from core.signal.evidence import Client

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"

PROXIES = [
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "Gmail"),
    ("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "Gmail"),
    (f"{WINDOWS} {BLINK} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0", "Gmail"),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "Yahoo Mail"),
    ("YahooMailProxy; https://senders.yahooinc.com/mail-proxy-servers", "Yahoo Mail"),
    (f"hey.com/imageproxy Mozilla/5.0 (X11; Linux x86_64) {BLINK} Chrome/134.0.0.0 Safari/537.36", "HEY"),
    ("FastmailUA/1.0", "Fastmail"),
    ("Mozilla/5.0 SeznamEmailProxy/2.0.115", "Seznam Email"),
    ("RamblerMail/6.0 (incompatible; ImageProxy/6.0)", "Rambler Mail"),
    ("Mozilla/5.0 (Windows NT 6.1) Firefox/20.0 (via secureurl.fwdcdn.com - mail.ukr.net proxy)", "UKR.NET Mail"),
    ("Mozilla/5.0 (compatible; YandexImageResizer/2.0; +http://yandex.com/bots)", "Yandex Mail"),
]

READERS = [
    (f"{IPHONE} {WEBKIT} Mobile/15E148", "Apple Mail", "iOS 17", "iPhone"),
    (f"{IPHONE} {WEBKIT}", "Apple Mail", "iOS 17", "iPhone"),
    (f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {WEBKIT} Mobile/15E148", "Apple Mail", "iOS 16", "iPad"),
    (f"{MAC} {WEBKIT}", "Apple Mail", "macOS", "Mac"),
    ("Mail/3774.400.31 CFNetwork/1494.0.7 Darwin/23.4.0", "Apple Mail", "macOS", "Mac"),
    ("MobileMail/3774 CFNetwork/1494.0.7 Darwin/23.4.0", "Apple Mail", "iOS 17", None),
    (f"{MAC} {WEBKIT} Version/17.4 Safari/605.1.15", "Safari", "macOS", "Mac"),
    (f"{IPHONE} {WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1", "Safari", "iOS 17", "iPhone"),
    (f"{IPHONE} {WEBKIT} CriOS/130.0 Mobile/15E148 Safari/604.1", "Chrome", "iOS 17", "iPhone"),
    ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "Outlook", "Windows 10", "PC"),
    ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; ms-office; MSOffice 16)", "Outlook", "Windows 10", "PC"),
    ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "Outlook", None, None),
    ("MacOutlook/16.84.24041420 (Intelx64 Mac OS X Version 14.4.1 (Build 23E224))", "Outlook", "macOS", "Mac"),
    ("Outlook-iOS/723.4027091.prod.iphone (4.28.0)", "Outlook", "iOS", "iPhone"),
    ("Outlook-iOS/2.0", "Outlook", "iOS", None),
    ("Outlook-Android/2.0", "Outlook", "Android", None),
    (f"{WINDOWS[:-1]}; rv:115.0) Gecko/20100101 Thunderbird/115.9.0", "Thunderbird", "Windows 10", "PC"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.9.0", "Thunderbird", "Linux", "PC"),
    (f"{WINDOWS} {BLINK} Chrome/130.0.0.0 Safari/537.36", "Chrome", "Windows 10", "PC"),
    (f"{WINDOWS} {BLINK} Chrome/130.0.0.0 Safari/537.36 Edg/130.0", "Edge", "Windows 10", "PC"),
    (f"Mozilla/5.0 (Windows NT 6.3) {BLINK} Chrome/109.0.0.0 Safari/537.36", "Chrome", "Windows 8.1", "PC"),
    (f"{MAC} {BLINK} Chrome/130.0.0.0 Safari/537.36", "Chrome", "macOS", "Mac"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Chrome/130.0.0.0 Safari/537.36", "Chrome", "ChromeOS", "PC"),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {BLINK} Chrome/130.0 Mobile", "Chrome", "Android 14", "Pixel 8"),
    (f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/130.0 Mobile Safari/537.36", "Chrome", "Android", "Phone"),
    (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Evolution/3.40", "Evolution", "Linux", "PC"),
]


@pytest.mark.parametrize(("user_agent", "name"), PROXIES)
def test_a_mail_proxy_is_named_after_its_mail_program_and_hides_the_rest(user_agent: str, name: str) -> None:
    assert describe_agent(user_agent) == Client(name)
    assert is_mail_proxy(user_agent)
    assert is_mail_proxy(f" {user_agent}\n")


@pytest.mark.parametrize(("user_agent", "name", "system", "device"), READERS)
def test_a_reader_s_program_has_names_fit_for_people(
    user_agent: str, name: str, system: str | None, device: str | None
) -> None:
    assert describe_agent(user_agent) == Client(name, system, device)
    assert not is_mail_proxy(user_agent)


def test_apple_s_prefetcher_is_apple_mail_on_nothing_known() -> None:
    assert describe_agent("Mozilla/5.0") == Client("Apple Mail")


@pytest.mark.parametrize("user_agent", ["", " ", "\0", "?", "\ud800", "Mozilla/5.0 Mozilla/5.0"])
def test_a_user_agent_that_says_nothing_is_nobody(user_agent: str) -> None:
    assert describe_agent(user_agent) == Client()


def test_a_link_preview_is_called_one() -> None:
    assert describe_agent("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)").name == "Slack link preview"


def test_names_taken_from_the_header_hold_nothing_that_a_database_refuses() -> None:
    client = describe_agent("Mozilla/5.0 (Linux; Android 14; Pix\0el\ud800 8) Chrome/1 Mobile Safari/1")
    for part in (client.name, client.os, client.device):
        assert part is None or part.isprintable()


def test_a_user_agent_of_64_kb_costs_no_more_than_its_beginning() -> None:
    start = time.perf_counter()
    client = describe_agent(f"{WINDOWS} {BLINK} Chrome/130.0.0.0 Safari/537.36 " + "(x;" * 22_000)
    assert time.perf_counter() - start < 1
    assert client.name == "Chrome"


@given(st.text(max_size=700))
def test_any_text_is_described(text: str) -> None:
    client = describe_agent(text)
    for part in (client.name, client.os, client.device):
        assert part is None or (0 < len(part) <= 60 and part.isprintable())


@pytest.mark.parametrize(
    "words", ["Sign in at http://evil.example/x", "www.evil.example", "evil.example/a", "a@evil.example"]
)
def test_no_device_is_named_by_what_a_mail_program_would_make_a_link(words: str) -> None:
    client = describe_agent(
        f"Mozilla/5.0 (Linux; Android 13; {words} Build/TQ) {BLINK} Chrome/130.0 Mobile Safari/537.36"
    )
    assert client == Client(name="Chrome", os="Android 13", device="Phone")
