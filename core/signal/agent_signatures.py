"""The table of user agent signatures, as data: lower-case tokens in the order in which they are tried.

Specific names stand before general ones. Names found only in other trackers' lists and never in traffic
(`OutlookImageProxy`, `MailPrivacyProtection`, `MasqueradingProxy`, `Proofpoint-Sandbox`) are left out on purpose.
"""

from __future__ import annotations

import re

GMAIL_PREFETCH = (
    "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) "
    "chrome/42.0.2311.135 safari/537.36 edge/12.246 mozilla/5.0"
)
"""What Gmail sends, word for word, when an open session fetches a new message's pictures ahead."""

TOKENS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("gmail_proxy", ("googleimageproxy",)),
    ("yahoo_proxy", ("yahoomailproxy",)),
    ("hey_proxy", ("hey.com/imageproxy",)),
    ("fastmail_proxy", ("fastmailua/",)),
    ("seznam_proxy", ("seznamemailproxy",)),
    ("rambler_proxy", ("ramblermail/",)),
    ("ukrnet_proxy", ("mail.ukr.net proxy", "secureurl.fwdcdn.com")),
    ("yandex_proxy", ("yandeximageresizer",)),
    ("gmail_prefetch_like", ("edge/12.246",)),
    (
        "unfurler",
        (
            "slackbot",
            "slack-imgproxy",
            "skypeuripreview",
            "microsoftpreview",
            "bingpreview",
            "facebookexternalhit",
            "facebot",
            "whatsapp/",
            "telegrambot",
            "twitterbot",
            "discordbot",
            "linkedinbot",
            "snap url preview",
            "redditbot",
            "pinterestbot",
            "mattermost-bot",
            "embedly",
            "iframely",
            "vkshare",
        ),
    ),
    ("security", ("barracuda",)),
    # Office asks servers what they can do before it opens a link: no display.
    ("automation", ("office existence discovery", "office protocol discovery", "microsoft-webdav")),
    (
        "outlook",
        (
            "microsoft outlook",
            "ms-office",
            "msoffice",
            "microsoft office/",
            "macoutlook/",
            "outlook-ios",
            "outlook-android",
        ),
    ),
    (
        "mail_client",
        (
            "thunderbird/",
            "betterbird/",
            "icedove/",
            "airmail",
            "mailspring/",
            "mailbird/",
            "em client",
            "emclient/",
            "postbox/",
            "the bat!",
            "evolution/",
            "kmail/",
            "lotus-notes/",
            "sparkdesktop",
            "windows live mail",
            "aquamail",
            "fairemail",
            "samsungemail",
            "mobilemail/",
        ),
    ),
)

AUTOMATION_TOKENS: tuple[str, ...] = (
    "headless",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "python-",
    "python/",
    "aiohttp",
    "httpx",
    "urllib",
    "scrapy",
    "go-http-client",
    "okhttp",
    "java-http-client",
    "apache-httpclient",
    "apache-httpasyncclient",
    "libwww",
    "lwp::",
    "curl/",
    "libcurl",
    "wget/",
    "axios",
    "node-fetch",
    "node.js",
    "undici",
    "guzzle",
    "faraday",
    "httpie",
    "postmanruntime",
    "insomnia/",
    "powershell",
    "winhttp",
    "reqwest",
    "google-safety",
    "google-read-aloud",
    "googleother",
    "apis-google",
    "appengine-google",
    "mediapartners-google",
    "heritrix",
    "ia_archiver",
    "archive.org",
    "urlscan",
    "virustotal",
    "zgrab",
    "nmap",
    "lighthouse",
    "pingdom",
    "uptimerobot",
)

AUTOMATION_PREFIX_PATTERN = re.compile(r"(?:java|ruby|perl|php|node|got|deno|bun|hyper|ureq|wget|curl)(?:[/ ]|$)")

AUTOMATION_WORDS: tuple[str, ...] = ("bot", "crawl", "spider", "scanner", "+http")
AUTOMATION_WORD_PATTERN = re.compile(
    # A name that ends in "bot" and is not the maker of CUBOT phones.
    r"(?<![^a-z]cu)(?<!^cu)bots?(?![a-z])"
    r"|crawl(?:er|ing)?(?![a-z])|spider(?![a-z])|(?:^|[^a-z])(?:url|link|web|site|security)?-?scanner(?![a-z])"
    # Robots give the address of the page about them; browsers do not.
    r"|\+https?://"
)
"""Words that general names of robots hold; tried only where one of `AUTOMATION_WORDS` is found."""

PLAIN_BROWSER_PATTERN = re.compile(
    r"mozilla/5\.0 \((?:windows nt |macintosh;|x11;|linux; android|android|iphone;|ipad;)[^()]*\) "
    r"(?:applewebkit/[\d.]+ \(khtml, like gecko\)"
    r"(?: (?:version|chrome|crios|fxios|edg|edga|edgios|opr|samsungbrowser|vivaldi)/[\d.]+| mobile(?:/\w+)?)*"
    r" safari/[\d.]+(?: (?:edg|edga|opr|vivaldi)/[\d.]+)?"
    r"|gecko/[\d.]+ firefox/[\d.]+)"
)
"""Today's browsers in full: one match that spares the common case the whole table."""

BROWSER_PATTERN = re.compile(
    r"(?:mozilla/[45]\.0 \(.*(?:applewebkit/|gecko/\d|trident/|msie |chrome/|firefox/|presto/)|opera/\d)"
)
