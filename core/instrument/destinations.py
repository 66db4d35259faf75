"""Which hrefs lead to a web page that can be tracked, and what destination they denote."""

from __future__ import annotations

import re

_BLANKS = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\r\n")
# Two slashes are required: with fewer, the URL Standard reads the rest against the page it stands in (webmail's
# own). Browsers take a backslash for a slash.
_WEB = re.compile(r"https?:[/\\]{2}.", re.IGNORECASE | re.ASCII | re.DOTALL)
_PROXIED = re.compile(
    r"https?://[a-z]+[0-9]*\.googleusercontent\.com/[^#]*+#(.+)", re.IGNORECASE | re.ASCII | re.DOTALL
)


def clean_url(value: str) -> str:
    """Drop surrounding blanks and control characters and embedded TAB, CR, LF, as the URL Standard does."""
    return value.strip(_BLANKS).translate(_DROPPED)


def web_destination(value: str) -> str | None:
    """Return the http(s) destination of a decoded href; None for any other scheme, a fragment, a relative URL."""
    url = clean_url(value)
    return url if _WEB.match(url) else None


def proxied_url(url: str) -> str | None:
    """Return the image that Gmail's proxy names in its URL's fragment, None if this is no such URL."""
    match = _PROXIED.match(url)
    return match.group(1) if match else None
