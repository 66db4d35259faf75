"""Hits for the tests of judging: user agents seen in the field, and a short way to make evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from core.signal.evidence import Evidence, Judgement, Kind, Network, NetworkKind, Viewed
from core.signal.judging import judge

SENT_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = 3600.0

GMAIL_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
BARE = "Mozilla/5.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
LINUX_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
APPLE_MAIL = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)
WEB_VIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/129.0.0.0 Mobile Safari/537.36"
)
OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"
OUTLOOK_DESKTOP = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0"
CURL = "curl/8.5.0"

NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1"}

_ids = count(1)


def hit(kind: Kind, user_agent: str = CHROME, after: float | None = HOUR, **fields: Any) -> Evidence:
    """Make a hit `after` seconds after sending, by clock too; `network` may be a kind, `address` any name of one."""
    address = fields.pop("address", None)
    if isinstance(fields.get("network"), NetworkKind):
        fields["network"] = Network(fields["network"])
    if address is not None:
        fields.setdefault("address_key", address)
        fields.setdefault("network_key", address)
    if after is not None:
        fields.setdefault("at", SENT_AT + timedelta(seconds=after))
    return Evidence(
        id=str(next(_ids)),
        kind=kind,
        **{"message": "m", "user_agent": user_agent, "seconds_after_send": after, **fields},
    )


def opened(user_agent: str = CHROME, after: float | None = HOUR, **fields: Any) -> Evidence:
    return hit(Kind.OPEN, user_agent, after, **fields)


def clicked(user_agent: str = CHROME, after: float | None = HOUR, **fields: Any) -> Evidence:
    return hit(Kind.CLICK, user_agent, after, **{"link": "https://example.com/", **fields})


def viewed(after: float, message: str = "m") -> Viewed:
    return Viewed(message, SENT_AT + timedelta(seconds=after), after)


def judged(evidence: Evidence, *others: Evidence, views: tuple[Viewed, ...] = ()) -> Judgement:
    """Judge one hit among others."""
    return judge([evidence, *others], views)[0]


def said(evidence: Evidence, *others: Evidence, views: tuple[Viewed, ...] = ()) -> tuple[str, float]:
    """Judge one hit among others: verdict and confidence."""
    judgement = judged(evidence, *others, views=views)
    return judgement.verdict.value, judgement.confidence
