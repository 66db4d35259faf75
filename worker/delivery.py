"""Delivering alerts: the channels that this installation has, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from core.alerts.channels import Channel
from core.alerts.email import create_email_channel
from core.alerts.outbox import deliver_alert
from core.running.installation import Installation

log = structlog.get_logger(__name__)


def build_channels(installation: Installation) -> dict[str, Channel]:
    """Set up the ways out that the settings describe. Raises SettingsError."""
    channels: dict[str, Channel] = {}
    email = create_email_channel(installation.settings, lambda: installation.current_ring)
    if email is not None:
        channels["email"] = email
    return channels


def build_deliver(installation: Installation) -> Callable[[str], None]:
    """Return what delivers one alert by its id and records how it went."""
    channels = build_channels(installation)

    def deliver(alert_id: str) -> None:
        outcome = deliver_alert(installation.sessions, alert_id, channels, datetime.now(UTC))
        log.debug("alert_delivered", alert_id=alert_id, outcome=outcome.value)

    return deliver
