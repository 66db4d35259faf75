"""Where quoted text begins in a letter: what tells this message's own pixel from one in an older message below.

Two shapes. A *container* quotes what it holds (`blockquote`, Gmail's `gmail_quote`, Thunderbird's forward). A
*divider* says that from it to the end all is quoted: Outlook puts the older message behind such a line, as its
sibling. A pixel outside all of these is this message's own; one inside belongs to an older message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

_CONTAINER_CLASSES: Final = frozenset(
    (
        "gmail_quote", "gmail_quote_container", "gmail_extra", "yahoo_quoted", "protonmail_quote", "tutanota_quote",
        "moz-forward-container", "moz-cite-prefix", "zmail_extra", "front-blockquote", "mail-quote", "mailru-quote",
        "qqmail_quote", "gmx_quote", "email_quoted_text", "quoted-email",
    )
)  # fmt: skip
_CONTAINER_IDS: Final = frozenset(
    ("olk_src_body_section", "mail-editor-reference-message-container", "quoted_original", "isreplycontent",
     "isforwardcontent", "reply-quote", "yahoo_quoted")
)  # fmt: skip
_CONTAINER_NAMES: Final = frozenset(("quote", "messagereplysection"))
_DIVIDER_IDS: Final = frozenset(("divrplyfwdmsg", "appendonsend", "stopspelling"))
# Classic Outlook has no id: its divider is the rule above "From:", in one of two greys.
_OUTLOOK_RULE: Final = re.compile(r"border-top:\s*solid\s+#?(?:e1e1e1|b5c4df)\s+1(?:\.0)?pt", re.ASCII)
# One of these is in every mark above; most letters hold none of them, so few tags need a closer look.
_STEMS: Final = (
    "quote", "mail_extra", "moz-", "olk_src", "reference-message", "replycontent", "forwardcontent", "messagereply",
    "rplyfwd", "appendonsend", "stopspelling", "e1e1e1", "b5c4df",
)  # fmt: skip
HINT: Final = re.compile("|".join(_STEMS), re.IGNORECASE | re.ASCII)


class Quoting(Enum):
    """What an element says about quoting."""

    NONE = 0
    CONTAINER = 1
    DIVIDER = 2


def has_hints(lowered: str) -> bool:
    """Say whether a lower-case text can hold a quote other than `blockquote`; most letters cannot."""
    return any(stem in lowered for stem in _STEMS)


def quoting_of(attributes: Iterable[tuple[str, str]]) -> Quoting:
    """Say what an element with these attributes (lower-case name, value) does."""
    found = Quoting.NONE
    for name, value in attributes:
        lowered = value.lower()
        if (name == "id" and lowered.removeprefix("x_") in _DIVIDER_IDS) or (
            name == "style" and _OUTLOOK_RULE.search(lowered)
        ):
            return Quoting.DIVIDER
        if _is_container(name, lowered):
            found = Quoting.CONTAINER
    return found


def _is_container(name: str, value: str) -> bool:
    if name == "class":
        return not _CONTAINER_CLASSES.isdisjoint(value.split())
    if name == "id":
        return value in _CONTAINER_IDS
    return name == "name" and value in _CONTAINER_NAMES
