"""The signature table against user agents seen in the field."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signal.agents import LONGEST_AGENT, Agent, recognise
from tests.core.signal import samples

_SEEN = [
    (samples.GMAIL_PROXY, Agent.GMAIL_PROXY),
    ("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", Agent.GMAIL_PROXY),
    ("Mozilla/5.0 (Windows; U; Windows NT 5.1; de; rv:1.9.0.7) Gecko/2009021910 Firefox/3.0.7 "
     "(via ggpht.com GoogleImageProxy)", Agent.GMAIL_PROXY),
    (samples.GMAIL_PREFETCH, Agent.GMAIL_PREFETCH),
    (samples.GMAIL_PREFETCH.removesuffix(" Mozilla/5.0"), Agent.GMAIL_PREFETCH_LIKE),
    (samples.YAHOO, Agent.YAHOO_PROXY),
    ("YahooMailProxy; https://senders.yahooinc.com/mail-proxy-servers", Agent.YAHOO_PROXY),
    ("hey.com/imageproxy Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/134.0.0.0 Safari/537.36", Agent.HEY_PROXY),
    ("FastmailUA/1.0", Agent.FASTMAIL_PROXY),
    ("Mozilla/5.0 SeznamEmailProxy/3.0", Agent.SEZNAM_PROXY),
    ("RamblerMail/6.0 (incompatible; ImageProxy/6.0)", Agent.RAMBLER_PROXY),
    ("Mozilla/5.0 (Windows NT 6.1) (via secureurl.fwdcdn.com - mail.ukr.net proxy)", Agent.UKRNET_PROXY),
    ("Mozilla/5.0 (compatible; YandexImageResizer/2.0; +http://yandex.com/bots)", Agent.YANDEX_PROXY),
    (samples.BARE, Agent.BARE),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
     Agent.APPLE_MAIL),
    (samples.APPLE_MAIL, Agent.APPLE_MAIL),
    (samples.OUTLOOK, Agent.OUTLOOK),
    (samples.OUTLOOK_DESKTOP, Agent.OUTLOOK),
    ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; ms-office; MSOffice 16)",
     Agent.OUTLOOK),
    ("MacOutlook/16.89.24090815 (Intelx64 Mac OS X 14.6)", Agent.OUTLOOK),
    ("Outlook-iOS/723.4027091.prod.iphone (4.2432.0)", Agent.OUTLOOK),
    (samples.THUNDERBIRD, Agent.MAIL_CLIENT),
    (samples.CHROME, Agent.BROWSER),
    (samples.LINUX_CHROME, Agent.BROWSER),
    (samples.FIREFOX, Agent.BROWSER),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Mobile/15E148 Safari/604.1", Agent.BROWSER),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", Agent.BROWSER),
    ("Mozilla/5.0 (Linux; Android 10; CUBOT X20 Pro) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Mobile Safari/537.36", Agent.BROWSER),
    ("Mozilla/5.0 (Linux; Android 9; CUBOT_NOTE_7) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/110.0.0.0 Mobile Safari/537.36", Agent.BROWSER),
    (samples.WEB_VIEW, Agent.WEB_VIEW),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Agent.UNFURLER),
    ("Slack-ImgProxy (+https://api.slack.com/robots)", Agent.UNFURLER),
    ("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", Agent.UNFURLER),
    ("Mozilla/5.0 (compatible; MicrosoftPreview/2.0; +https://aka.ms/MicrosoftPreview)", Agent.UNFURLER),
    ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b", Agent.UNFURLER),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", Agent.UNFURLER),
    ("WhatsApp/2.23.20.0 A", Agent.UNFURLER),
    ("TelegramBot (like TwitterBot)", Agent.UNFURLER),
    ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", Agent.UNFURLER),
    ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", Agent.UNFURLER),
    ("Mozilla/5.0 (compatible; Snap URL Preview Service; bot; snapchat)", Agent.UNFURLER),
    ("Barracuda Sentinel (EE)", Agent.SECURITY),
    ("", Agent.NONE),
    ("  ", Agent.NONE),
    (samples.CURL, Agent.AUTOMATION),
    ("Wget/1.21.4", Agent.AUTOMATION),
    ("python-requests/2.32.3", Agent.AUTOMATION),
    ("Python/3.11 aiohttp/3.9.5", Agent.AUTOMATION),
    ("Go-http-client/2.0", Agent.AUTOMATION),
    ("okhttp/4.12.0", Agent.AUTOMATION),
    ("Java/17.0.9", Agent.AUTOMATION),
    ("libwww-perl/6.72", Agent.AUTOMATION),
    ("axios/1.7.7", Agent.AUTOMATION),
    ("node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", Agent.AUTOMATION),
    ("node", Agent.AUTOMATION),
    ("Ruby", Agent.AUTOMATION),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 "
     "Safari/537.36", Agent.AUTOMATION),
    ("Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 "
     "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent.AUTOMATION),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0)", Agent.AUTOMATION),
    ("my bot", Agent.AUTOMATION),
    ("Mozilla/5.0 (compatible; Baiduspider/2.0)", Agent.AUTOMATION),
    ("Example Web Crawler", Agent.AUTOMATION),
    ("url-scanner/1.0", Agent.AUTOMATION),
    ("Microsoft Office Existence Discovery", Agent.AUTOMATION),
    ("Acme/1.0 (+https://acme.example/about)", Agent.AUTOMATION),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Agent.OTHER),
    ("Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A)", Agent.OTHER),
    ("Robotics Fan Mail/1.0", Agent.OTHER),
    ("Mozilla/5.0 ", Agent.BARE),
    ("Mozilla/5.0 (Linux; Android 12; TECNO SPARK 9) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Mobile Safari/537.36", Agent.BROWSER),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "agent"), _SEEN)
def test_user_agents_from_the_field_are_recognised(user_agent: str, agent: Agent) -> None:
    assert recognise(user_agent) is agent


@pytest.mark.parametrize(("user_agent", "agent"), _SEEN)
def test_the_case_of_a_user_agent_does_not_matter(user_agent: str, agent: Agent) -> None:
    assert recognise(user_agent.upper()) is agent


@pytest.mark.parametrize(
    "name", ["OutlookImageProxy", "MailPrivacyProtection", "MasqueradingProxy", "Proofpoint-Sandbox"]
)
def test_names_that_only_folklore_knows_prove_nothing(name: str) -> None:
    assert recognise(f"{name}/1.0") is Agent.OTHER


@given(st.text(max_size=2000))
def test_any_text_is_some_agent(user_agent: str) -> None:
    assert recognise(user_agent) in Agent


def test_only_the_beginning_of_a_long_user_agent_counts() -> None:
    assert recognise("x" * (LONGEST_AGENT - 5) + " bot") is Agent.AUTOMATION
    assert recognise("x" * (LONGEST_AGENT - 3) + " bot") is Agent.OTHER


@pytest.mark.parametrize("part", ["mozilla/5.0 (", "bot", " mobile", "(khtml, like gecko) ", "scanner-", "; wv)"])
def test_hostile_repetition_is_recognised_quickly(part: str) -> None:
    agents = [f"mozilla/5.0 (x11; {number}) {part * 40_000}" for number in range(20)]
    begun = time.perf_counter()
    for agent in agents:
        recognise(agent)
    assert time.perf_counter() - begun < 1.0
