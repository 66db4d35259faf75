"""Mails invitations while a browser waits, but never for long: a slow mail server goes on by itself.

A link's secret must not lie in a queue, so it is sent from the process that made it. Where that fails, the page hands
out the link instead.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitTimeoutError
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from core.alerts.channels import PassingError, PermanentError
from core.alerts.email import create_letterhead
from core.alerts.letter import Letterhead
from core.alerts.smtp import SmtpClient, SmtpServer, parse_smtp_url
from core.people.invitations import MadeInvitation
from core.people.letter import write_invitation
from core.settings import Settings

_WAIT_SECONDS: Final = 4.0
_ANSWER_SECONDS: Final = 8.0
_log = structlog.get_logger("mailerplex.people")


class Delivery(StrEnum):
    """How mailing an invitation went."""

    MAILED = "mailed"
    SLOW = "slow"  # the mail server takes its time; it may still arrive
    FAILED = "failed"
    NO_SERVER = "no_server"  # SMTP_URL is not set


MailInvitation = Callable[[MadeInvitation, datetime], Delivery]
"""Mails an invitation, and says how that went."""


class SmtpPostman:
    """Mails by the server of SMTP_URL, one mail at a time."""

    def __init__(self, server: SmtpServer, letterhead: Letterhead, *, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._client = SmtpClient(server, own_name=letterhead.domain, timeout_seconds=_ANSWER_SECONDS)
        self._letterhead = letterhead
        self._wait_seconds = wait_seconds
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="invitations")

    def __call__(self, invitation: MadeInvitation, now: datetime) -> Delivery:
        """Mail an invitation, and say how that went after a few seconds at most."""
        sending: Future[Delivery] = self._threads.submit(self._send, invitation, now)
        try:
            return sending.result(self._wait_seconds)
        except WaitTimeoutError:
            return Delivery.SLOW

    def _send(self, invitation: MadeInvitation, now: datetime) -> Delivery:
        try:
            letter = write_invitation(invitation, self._letterhead, now)
            self._client.send(letter, self._letterhead.sender, invitation.email)
        except (PassingError, PermanentError) as error:
            _log.warning("invitation not mailed", invitation=invitation.id, reason=str(error))
            return Delivery.FAILED
        return Delivery.MAILED

    def close(self) -> None:
        """Finish what is under way, and end the connection."""
        self._threads.shutdown()
        self._client.close()


def hand_out(_invitation: MadeInvitation, _now: datetime) -> Delivery:
    """Mail nothing: the link is handed out."""
    return Delivery.NO_SERVER


def create_postman(settings: Settings) -> MailInvitation:
    """Make what mails invitations by the settings. Raises SettingsError."""
    if settings.smtp_url is None:
        return hand_out
    server = parse_smtp_url(settings.smtp_url)
    return SmtpPostman(server, create_letterhead(settings, server))
