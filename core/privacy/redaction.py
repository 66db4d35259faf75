"""Takes an erased address out of what stays: a subject that names it, a link that carries it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.storage.messages import Link, Message

REDACTED: Final = "[erased]"


def redact_message(session: Session, message: Message, folded_address: str) -> None:
    """Remove an address from a message that stays for its other recipients.

    A link that carries the address is cut to its host. The tracked link in mail once sent is not touched: it needs no
    record and goes on redirecting.
    """
    message.subject = re.sub(re.escape(folded_address), REDACTED, message.subject, flags=re.IGNORECASE)
    for link in session.scalars(select(Link).where(Link.message_id == message.id)):
        if carries_address(link.url, folded_address):
            parts = urlsplit(link.url)
            link.url = f"{parts.scheme}://{(parts.hostname or '')}/{REDACTED}"


def carries_address(url: str, folded_address: str) -> bool:
    """Say whether a URL names an address, as it stands or percent-encoded, once or twice."""
    seen = url
    for _ in range(3):
        if folded_address in seen.lower():
            return True
        seen = unquote(seen)
    return False
