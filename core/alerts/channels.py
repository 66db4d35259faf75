"""The port that alerts leave through, and what a channel is handed and answers.

E-mail implements it here; other ways out (chat, webhooks) implement it elsewhere. The app's own list needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.errors import MailerPlexError
from core.signal.evidence import Kind, Verdict


@dataclass(frozen=True, slots=True)
class OutgoingAlert:
    """All that a channel needs to say it, without any database.

    `recipient` is None where a shared copy cannot tell who of `recipient_count` it was. `repeats` counts the event
    itself. `is_correction`: `verdict` is what a machine's hit turned out to be after `provider_id` was sent.
    """

    id: str
    rule: str
    kind: Kind
    user_id: str
    to_address: str
    to_name: str | None
    timezone: str | None
    message_id: str
    subject: str
    recipient: str | None
    recipient_address: str | None
    recipient_count: int
    at: datetime
    verdict: Verdict | None
    confidence: float | None
    reasons: tuple[str, ...]
    client: str | None
    place: str | None
    link: str | None
    repeats: int
    is_correction: bool
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """That the other side took the alert, and the name by which it can be referred to there."""

    provider_id: str


class Channel(Protocol):
    """A way out. Called outside any transaction; the same alert again must be recognisable to the receiver."""

    def deliver(self, alert: OutgoingAlert) -> Accepted:
        """Hand over one alert. Raises PassingError or PermanentError."""
        ...


class PassingError(MailerPlexError):
    """It did not work now; trying again may help."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PermanentError(MailerPlexError):
    """It will never work for this alert."""


Channels = Mapping[str, Channel]
"""Ways out by the name of their channel; what is not set up is missing."""
