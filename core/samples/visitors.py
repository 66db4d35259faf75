"""Who visits the sample messages: user agents as real mail programs send them, at addresses kept for documentation.

The addresses (RFC 5737) are in no database, so what would be looked up for them is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.enrich.agents import describe_agent
from core.enrich.enricher import Enriched
from core.signal.evidence import Location, Network, NetworkKind


@dataclass(frozen=True, slots=True)
class Visitor:
    """A program at an address. `headers` are lower case, those that judging reads."""

    address: str
    user_agent: str
    network: Network
    location: Location | None = None
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)


_BROWSING = {
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "sec-fetch-user": "?1",
    "accept-language": "en",
}
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.6 Mobile/15E148 Safari/604.1"
)
_SCANNING_CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
)
_GOOGLE = Network(NetworkKind.GOOGLE, 15169, "Google")

GMAIL = Visitor(
    "192.0.2.10", "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", _GOOGLE
)
GMAIL_PREFETCH = Visitor(
    "192.0.2.11",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135"
    " Safari/537.36 Edge/12.246 Mozilla/5.0",
    _GOOGLE,
)
APPLE_PREFETCH = Visitor("192.0.2.20", "Mozilla/5.0", Network(NetworkKind.APPLE_RELAY, 36183, "Akamai"))
YAHOO = Visitor(
    "192.0.2.30",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    Network(NetworkKind.MAIL_PROXY, 36647, "Yahoo"),
)
FASTMAIL = Visitor("192.0.2.31", "FastmailUA/1.0", Network(NetworkKind.MAIL_PROXY, 29838, "Fastmail"))
PROOFPOINT = Visitor("198.51.100.5", _SCANNING_CHROME, Network(NetworkKind.SECURITY, 26211, "Proofpoint"))
MICROSOFT_SCAN = Visitor("198.51.100.40", _SCANNING_CHROME, Network(NetworkKind.MICROSOFT, 8075, "Microsoft"))
SLACK = Visitor(
    "198.51.100.60",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    Network(NetworkKind.HOSTING, 16509, "Amazon"),
)
CLOUD_BROWSER = Visitor("198.51.100.80", _CHROME, Network(NetworkKind.HOSTING, 24940, "Hetzner"))
BERLIN = Visitor(
    "203.0.113.5",
    _CHROME,
    Network(NetworkKind.ACCESS, 3320, "Deutsche Telekom"),
    Location("DE", "Berlin", "Berlin"),
    headers=_BROWSING,
)
LISBON_PHONE = Visitor(
    "203.0.113.60",
    _IPHONE,
    Network(NetworkKind.ACCESS, 3243, "MEO"),
    Location("PT", "Lisboa", "Lisbon"),
    headers=_BROWSING,
)
OUTLOOK_TORONTO = Visitor(
    "203.0.113.120",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    Network(NetworkKind.ACCESS, 577, "Bell Canada"),
    Location("CA", "Ontario", "Toronto"),
)
FIREFOX_LYON = Visitor(
    "203.0.113.200",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    Network(NetworkKind.ACCESS, 3215, "Orange"),
    Location("FR", "Auvergne-Rhône-Alpes", "Lyon"),
    headers=_BROWSING,
)
THUNDERBIRD_LYON = Visitor(
    "203.0.113.200",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0",
    Network(NetworkKind.ACCESS, 3215, "Orange"),
    Location("FR", "Auvergne-Rhône-Alpes", "Lyon"),
)

_ALL = {visitor.address: visitor for visitor in vars().copy().values() if isinstance(visitor, Visitor)}


def describe_visitor(address: str | None, user_agent: str) -> Enriched:
    """Tell of a sample visitor what enriching would tell of a real one."""
    visitor = _ALL.get(address or "")
    if visitor is None:
        return Enriched(Network(), describe_agent(user_agent), None)
    return Enriched(visitor.network, describe_agent(user_agent), visitor.location)
