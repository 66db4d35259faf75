"""The List-Unsubscribe targets of a message (RFC 2369, RFC 8058), which must work as the sender wrote them."""

from __future__ import annotations

import re

from core.instrument.destinations import clean_url
from core.instrument.headers import HeaderBlock

_BRACKETED = re.compile(r"<([^<>]*+)>")
_BLANKS = re.compile(r"[ \t]+")


def list_unsubscribe_urls(header: HeaderBlock) -> frozenset[str]:
    """Return the targets of every List-Unsubscribe field."""
    return frozenset(
        clean_url(_BLANKS.sub("", url))
        for field in header.fields
        if field.name == "list-unsubscribe"
        for url in _BRACKETED.findall(field.text)
    )
