"""What the recipients' pages are given to work with; the composition root fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.tokens import TokenSigner
from core.web.recipients.limits import LetterLimits
from core.web.services import utc_now

SendLink = Callable[[str, str, str, str], None]
"""Mails a link: to which address, the link, the host that was asked, the language. Returns at once, never raises."""


@dataclass(frozen=True, slots=True)
class RecipientServices:
    """`send_link` is None where no mail server is set. `after_erasure` empties what the database left in its files.

    `later` runs work after the answer, so that the answer's time tells nothing.
    """

    settings: Settings
    sessions: Sessions
    reading_sessions: Sessions
    keys: Callable[[], KeyRing]
    signer: Callable[[], TokenSigner]
    after_erasure: Callable[[], object]
    send_link: SendLink | None
    later: Callable[[Callable[[], None]], None]
    limits: LetterLimits
    clock: Callable[[], datetime] = utc_now
