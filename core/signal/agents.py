"""Which sort of program a User-Agent header names, by an ordered table of signatures of our own.

Decides classes only, never display names: general parsers call Gmail's proxy a bot and curl a person. A
signature says what the program claims to be; whether the claim holds is for the rules to weigh.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from core.signal.agent_signatures import (
    AUTOMATION_PREFIX_PATTERN,
    AUTOMATION_TOKENS,
    AUTOMATION_WORD_PATTERN,
    AUTOMATION_WORDS,
    BROWSER_PATTERN,
    GMAIL_PREFETCH,
    PLAIN_BROWSER_PATTERN,
    TOKENS,
)

LONGEST_AGENT = 512
"""Characters of a user agent that are looked at: real ones are shorter, and hostile ones must not fill the cache."""

_REMEMBERED_AGENTS = 4096


class Agent(StrEnum):
    """What a user agent claims to be."""

    NONE = "none"  # an empty header, or none
    AUTOMATION = "automation"  # HTTP libraries, headless browsers, crawlers
    UNFURLER = "unfurler"  # makes the preview of a link pasted into a chat
    SECURITY = "security"  # a mail security product that says its name
    GMAIL_PREFETCH = "gmail_prefetch"
    GMAIL_PREFETCH_LIKE = "gmail_prefetch_like"  # the same browser that never was, without its odd ending
    GMAIL_PROXY = "gmail_proxy"
    YAHOO_PROXY = "yahoo_proxy"
    HEY_PROXY = "hey_proxy"
    FASTMAIL_PROXY = "fastmail_proxy"
    SEZNAM_PROXY = "seznam_proxy"
    RAMBLER_PROXY = "rambler_proxy"
    UKRNET_PROXY = "ukrnet_proxy"
    YANDEX_PROXY = "yandex_proxy"
    BARE = "bare"  # exactly `Mozilla/5.0`: Apple Mail, mostly by its privacy prefetch
    OUTLOOK = "outlook"
    APPLE_MAIL = "apple_mail"
    MAIL_CLIENT = "mail_client"
    WEB_VIEW = "web_view"  # an app that shows HTML in the system's browser component
    BROWSER = "browser"
    OTHER = "other"


_APPLE_MAIL = re.compile(
    r"mozilla/5\.0 \((?:macintosh|iphone|ipad|ipod)[^()]*\) "
    r"applewebkit/[\d.]+ \(khtml, like gecko\)(?: mobile/\w+)?"
)
_WEB_VIEW = re.compile(r"; wv\)|\belectron/")
_SIGNATURES = (*((Agent(name), tokens) for name, tokens in TOKENS), (Agent.AUTOMATION, AUTOMATION_TOKENS))


def recognise(user_agent: str) -> Agent:
    """Say what `user_agent` claims to be; the first signature that fits wins."""
    return _recognise(user_agent if len(user_agent) <= LONGEST_AGENT else user_agent[:LONGEST_AGENT])


@lru_cache(maxsize=_REMEMBERED_AGENTS)
def _recognise(user_agent: str) -> Agent:
    agent = user_agent.strip().lower()
    exact = _EXACT.get(agent)
    if exact is not None:
        return exact
    if PLAIN_BROWSER_PATTERN.fullmatch(agent) and "bot" not in agent and "; wv)" not in agent:
        return Agent.BROWSER
    return _named(agent) or _shaped(agent)


def _named(agent: str) -> Agent | None:
    """Find the first signature whose token is part of `agent`, which is lower case."""
    for name, tokens in _SIGNATURES:
        if any(map(agent.__contains__, tokens)):
            return name
    return None


def _shaped(agent: str) -> Agent:
    """Tell by its shape what an agent is that gives no name from the tables."""
    if _is_robot(agent):
        return Agent.AUTOMATION
    if _APPLE_MAIL.fullmatch(agent):
        return Agent.APPLE_MAIL
    if _WEB_VIEW.search(agent):
        return Agent.WEB_VIEW
    return Agent.BROWSER if BROWSER_PATTERN.match(agent) else Agent.OTHER


def _is_robot(agent: str) -> bool:
    if AUTOMATION_PREFIX_PATTERN.match(agent):
        return True
    return any(map(agent.__contains__, AUTOMATION_WORDS)) and bool(AUTOMATION_WORD_PATTERN.search(agent))


_EXACT = {
    "": Agent.NONE,
    "-": Agent.NONE,
    "mozilla/5.0": Agent.BARE,
    GMAIL_PREFETCH: Agent.GMAIL_PREFETCH,
}

OTHER_PROXIES = frozenset(
    {
        Agent.YAHOO_PROXY,
        Agent.HEY_PROXY,
        Agent.FASTMAIL_PROXY,
        Agent.SEZNAM_PROXY,
        Agent.RAMBLER_PROXY,
        Agent.UKRNET_PROXY,
        Agent.YANDEX_PROXY,
    }
)
"""Image proxies of mail providers other than Gmail: each fetches when its reader opens the message."""

PROXIES = OTHER_PROXIES | {Agent.GMAIL_PROXY}

PEOPLES_PROGRAMS = frozenset({Agent.OUTLOOK, Agent.APPLE_MAIL, Agent.MAIL_CLIENT, Agent.WEB_VIEW, Agent.BROWSER})
"""What a person holds in the hand, and what a scanner pretends to be."""
