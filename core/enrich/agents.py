"""User agents turned into words: which program, system and device. Says nothing on who is behind them.

The `user-agents` library decides on the kind of device, over ua-parser's current API: its own way in goes through
ua-parser's legacy module, which is ten times slower and does not use the parser in Rust.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import ua_parser
from user_agents.parsers import UserAgent, parse_browser, parse_device, parse_operating_system

from core.enrich import agent_names
from core.signal.evidence import Client

MAX_LENGTH = 512
"""Characters of a user agent that are read; real ones are shorter."""

_MAX_WORDS = 60
# What mail programs make a link of. A phone's name is whatever its user agent says: a stranger's words, which go into
# alert mail.
_LINK = re.compile(r"://|@|www\.|[\w-]\.[^\W\d_]{2}", re.IGNORECASE)
_NOBODY = Client()


def describe_agent(user_agent: str) -> Client:
    """Name the program, system and device of a User-Agent header; parts that it does not tell are None.

    Where a mail provider's proxy hides the reader, the mail program is named and the rest is None.
    """
    return _describe(user_agent[:MAX_LENGTH])


def is_mail_proxy(user_agent: str) -> bool:
    """Say whether a mail provider's proxy or prefetcher sends this header, so that the address is not the reader's."""
    return _is_mail_proxy(user_agent[:MAX_LENGTH])


@lru_cache(maxsize=4096)
def _describe(user_agent: str) -> Client:
    text = _printable(user_agent)
    if text == agent_names.APPLE_PREFETCH:
        return Client(name="Apple Mail")
    if proxy := _proxy(text):
        return Client(name=proxy)
    if not text or text.isspace():
        return _NOBODY
    agent = _Agent(text)
    return Client(name=_program(agent), os=_system(agent), device=_device(agent))


@lru_cache(maxsize=4096)
def _is_mail_proxy(user_agent: str) -> bool:
    return _proxy(_printable(user_agent)) is not None


def _printable(text: str) -> str:
    """Take out what no database column or regular expression should see: NUL, controls, lone surrogates."""
    if text.isprintable():
        return text.strip()
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _proxy(text: str) -> str | None:
    if text == agent_names.GMAIL_PREFETCH:
        return "Gmail"
    return next((name for part, name in agent_names.PROXIES if part in text), None)


class _Agent(UserAgent):  # type: ignore[misc]  # the library has no types
    """A `user_agents.UserAgent` made from ua-parser's current API."""

    def __init__(self, text: str) -> None:
        result = _parser().parse(text).with_defaults()
        program, system, device = result.user_agent, result.os, result.device
        self.ua_string = text
        self.browser = parse_browser(program.family, program.major, program.minor, program.patch)
        self.os = parse_operating_system(system.family, system.major, system.minor)
        self.device = parse_device(device.family, device.brand, device.model)


@cache
def _parser() -> ua_parser.Parser:
    """Build the best parser at hand, without ua-parser's own cache: this module's holds the finished answer."""
    lazy = ua_parser.RegexResolver is not None or ua_parser.Re2Resolver is not None
    matchers = ua_parser.load_lazy_builtins() if lazy else ua_parser.load_builtins()
    return ua_parser.Parser(ua_parser.BestAvailableResolver(matchers))


def _program(agent: _Agent) -> str | None:
    text = agent.ua_string
    for part, name in agent_names.PROGRAMS:
        if part in text:
            return name
    if _is_apple_mail(agent):
        return "Apple Mail"
    return _words(agent_names.FAMILIES.get(agent.browser.family, agent.browser.family))


def _is_apple_mail(agent: _Agent) -> bool:
    """Apple's mail programs stop after the engine; Safari and other apps go on with names of their own."""
    if agent.os.family not in ("iOS", "Mac OS X"):
        return False
    head, engine, tail = agent.ua_string.partition("(KHTML, like Gecko)")
    tail = tail.strip()
    return bool(engine) and "AppleWebKit/" in head and (not tail or (tail.startswith("Mobile/") and " " not in tail))


def _system(agent: _Agent) -> str | None:
    family, version = agent.os.family, agent.os.version
    if agent.ua_string.startswith("Mail/"):
        return "macOS"  # the parser reads its Darwin version as one of iOS
    if family in agent_names.SYSTEMS_WITHOUT_VERSION:
        return agent_names.SYSTEMS_WITHOUT_VERSION[family]
    if family == "Android" and agent.device.family == "K":
        return "Android"  # Chrome's reduced user agent: always "Android 10; K"
    if _is_outlook_mobile(agent):
        return _words(family)  # the parser takes Outlook's version for the system's
    if family == "Windows" and version == (8, 1):
        return "Windows 8.1"
    return _words(f"{family} {version[0]}" if version and family != "Other" else family)


def _device(agent: _Agent) -> str | None:
    family = agent.device.family
    if agent.ua_string.startswith("Mail/"):
        return "Mac"
    if family in ("Spider", "iOS-Device"):  # the second: an iPhone or an iPad
        return None
    if family in ("Other", "K") or family.startswith("Generic"):
        return _kind_of_device(agent)
    return _kind_of_device(agent) if _LINK.search(family) else _words(family)


def _kind_of_device(agent: _Agent) -> str | None:
    if agent.is_pc:
        return "PC"
    if _is_outlook_mobile(agent):
        return None
    if agent.is_tablet:
        return "Tablet"
    return "Phone" if agent.is_mobile else None


def _is_outlook_mobile(agent: _Agent) -> bool:
    return bool(agent.ua_string.startswith(("Outlook-iOS", "Outlook-Android")))


def _words(text: str) -> str | None:
    text = text.strip()[:_MAX_WORDS]
    return None if text in ("", "Other") else text
