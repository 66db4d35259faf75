"""What a request's headers give away about who sent it. Reads `Evidence.headers`: lower-case names, kept ones only.

Missing headers prove nothing: browsers leave out fetch metadata on plain HTTP, and a log line may hold none.
"""

from __future__ import annotations

from collections.abc import Mapping

_AHEAD = ("prefetch", "prerender", "preview")
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def is_ahead_of_reader(headers: Mapping[str, str]) -> bool:
    """Say whether the request calls itself a prefetch, prerender or preview (Sec-Purpose and its forerunners)."""
    for name in _PURPOSES:
        value = headers.get(name)
        if value and any(word in value.lower() for word in _AHEAD):
            return True
    return False


def names_robot(headers: Mapping[str, str]) -> bool:
    """Say whether a robot leaves its operator's address (From, RFC 9110 section 10.1.2), or is a headless browser."""
    return bool(headers.get("from")) or "headless" in headers.get("sec-ch-ua", "").lower()


def is_navigation(headers: Mapping[str, str]) -> bool:
    """Say whether the headers show a person's browser going to a page (fetch metadata of a followed link)."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"


def cannot_be_navigation(headers: Mapping[str, str]) -> bool:
    """Say whether no browser that follows a link would send this: another fetch mode, or no wish for HTML."""
    mode = headers.get("sec-fetch-mode")
    if mode is not None:
        return mode != "navigate"
    accept = headers.get("accept")
    return bool(accept) and "text/html" not in str(accept)


def is_page_visit(headers: Mapping[str, str]) -> bool:
    """Say whether the request wants a page for a tab: for a pixel, an address taken from the source and visited."""
    return headers.get("sec-fetch-dest") == "document" or headers.get("sec-fetch-mode") == "navigate"
