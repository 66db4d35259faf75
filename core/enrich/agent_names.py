"""What user agents are called in words fit for people. Data only; `agents` reads it.

Marks in comments say how each is known: [V] seen in real data, [D] the operator's documentation, [F] field reports.
"""

from __future__ import annotations

GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
"""What Gmail sends when it fetches at delivery, exactly [D][F]. The browser in it is made up."""

APPLE_PREFETCH = "Mozilla/5.0"
"""What Apple's Mail Privacy Protection sends, exactly [D]."""

PROXIES = (
    ("GoogleImageProxy", "Gmail"),  # [D]
    ("YahooMailProxy", "Yahoo Mail"),  # [D][V]; AOL Mail too
    ("hey.com/imageproxy", "HEY"),  # [D]
    ("FastmailUA/", "Fastmail"),  # [V]
    ("SeznamEmailProxy", "Seznam Email"),  # [V]
    ("RamblerMail/", "Rambler Mail"),  # [V]
    ("mail.ukr.net proxy", "UKR.NET Mail"),  # [V]
    ("YandexImageResizer", "Yandex Mail"),  # [V]
)
"""Image proxies of mail providers: part of the user agent, and the mail program that stands behind it.
The system and device in such a user agent are the proxy's, not the reader's."""

YAHOO_PROXY = "YahooMailProxy"

PROGRAMS = (
    ("MacOutlook/", "Outlook"),  # [V]: the parser calls it MacOutlook, or nothing
    ("Outlook-iOS", "Outlook"),  # [V]
    ("Outlook-Android", "Outlook"),
    ("OneOutlook/", "Outlook"),
    ("ms-office", "Outlook"),  # [V]
    ("Thunderbird/", "Thunderbird"),
    ("eM Client/", "eM Client"),
    ("Evolution/", "Evolution"),  # the parser says Apple Mail
    ("MobileMail/", "Apple Mail"),
    ("Barracuda Sentinel", "Barracuda Sentinel"),  # [D][V]
    ("SkypeUriPreview", "Microsoft Teams link preview"),  # [V]
    ("MicrosoftPreview", "Microsoft link preview"),
    ("BingPreview", "Bing link preview"),
    ("Slackbot-LinkExpanding", "Slack link preview"),
    ("Slack-ImgProxy", "Slack image proxy"),
    ("facebookexternalhit", "Facebook link preview"),
    ("WhatsApp/", "WhatsApp link preview"),
    ("TelegramBot", "Telegram link preview"),
    ("Discordbot", "Discord link preview"),
    ("LinkedInBot", "LinkedIn link preview"),
    ("Snap URL Preview", "Snapchat link preview"),
)
"""Parts of user agents that name the program better than the parser does."""

FAMILIES = {
    "Android": "Android browser",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Chrome Mobile iOS": "Chrome",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "Mail": "Apple Mail",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "iOS app",
    "Opera Mobile": "Opera",
    "HeadlessChrome": "Headless Chrome",
    "Go-http-client": "Go HTTP client",
}
"""The parser's program families, where people call them otherwise."""

SYSTEMS_WITHOUT_VERSION = {
    "Mac OS X": "macOS",  # browsers stopped at 10.15.7
    "Chrome OS": "ChromeOS",
    "Linux": "Linux",
    "Ubuntu": "Ubuntu",
    "Fedora": "Fedora",
    "Debian": "Debian",
}
"""The parser's system families whose version says nothing, and their display names."""
