"""Delivering alerts and notices: the ways out that this installation has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from core.alerts.channels import Channel
from core.alerts.email import create_email_channel, create_letterhead
from core.alerts.outbox import deliver_alert
from core.alerts.smtp import SmtpClient, parse_smtp_url
from core.notices.letter import NoticeMail
from core.notices.outbox import deliver_notice
from core.running.installation import Installation

log = structlog.get_logger(__name__)


def build_channels(installation: Installation) -> dict[str, Channel]:
    """Set up the ways out that the settings describe. Raises SettingsError."""
    channels: dict[str, Channel] = {}
    email = create_email_channel(installation.settings, lambda: installation.current_ring)
    if email is not None:
        channels["email"] = email
    return channels


def build_notice_mail(installation: Installation) -> NoticeMail | None:
    """Set up the mail of notices; None without SMTP_URL. Raises SettingsError."""
    settings = installation.settings
    if settings.smtp_url is None:
        return None
    server = parse_smtp_url(settings.smtp_url)
    letterhead = create_letterhead(settings, server)
    return NoticeMail(SmtpClient(server, own_name=letterhead.domain), letterhead)


def build_deliver_notice(installation: Installation) -> Callable[[str], None]:
    """Return what delivers one notice by its id and records how it went."""
    sender = build_notice_mail(installation)

    def deliver(notice_id: str) -> None:
        state = deliver_notice(installation.sessions, notice_id, sender, datetime.now(UTC))
        log.debug("notice_delivered", notice_id=notice_id, state=None if state is None else state.value)

    return deliver


def build_deliver(installation: Installation) -> Callable[[str], None]:
    """Return what delivers one alert by its id and records how it went."""
    channels = build_channels(installation)

    def deliver(alert_id: str) -> None:
        outcome = deliver_alert(installation.sessions, alert_id, channels, datetime.now(UTC))
        log.debug("alert_delivered", alert_id=alert_id, outcome=outcome.value)

    return deliver
