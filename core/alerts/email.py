"""The e-mail channel: hands an alert's letter to the mail server of `SMTP_URL`."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address

from core.alerts.channels import Accepted, OutgoingAlert
from core.alerts.letter import Letterhead, name_letter, write_letter
from core.alerts.smtp import SmtpClient, SmtpServer, parse_smtp_url
from core.alerts.unsubscribe import sign_unsubscribe
from core.keys import KeyRing
from core.settings import Settings


class EmailChannel:
    """Sends alerts as mail. `keys` gives the ring of the moment, which signs the links to leave."""

    def __init__(
        self,
        server: SmtpServer,
        letterhead: Letterhead,
        keys: Callable[[], KeyRing],
        *,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._letterhead = letterhead
        self._keys = keys
        self._client = SmtpClient(server, own_name=letterhead.domain, tls_context=tls_context)

    def deliver(self, alert: OutgoingAlert) -> Accepted:
        """Send one alert. Raises PassingError or PermanentError."""
        token = sign_unsubscribe(self._keys(), alert.user_id)
        letter = write_letter(alert, self._letterhead, token, datetime.now(UTC))
        self._client.send(letter, self._letterhead.sender, alert.to_address)
        return Accepted(name_letter(alert, self._letterhead))

    def close(self) -> None:
        """End the connection to the mail server, if any."""
        self._client.close()


def create_email_channel(settings: Settings, keys: Callable[[], KeyRing]) -> EmailChannel | None:
    """Make the channel that the settings describe; None without SMTP_URL. Raises SettingsError."""
    if settings.smtp_url is None:
        return None
    server = parse_smtp_url(settings.smtp_url)
    return EmailChannel(server, create_letterhead(settings, server), keys)


def create_letterhead(settings: Settings, server: SmtpServer) -> Letterhead:
    """Choose whom alert mail comes from: SMTP_URL's `from`, its user name, the privacy address, or a made-up one."""
    domain = _write_domain(settings.public_host)
    choices = (server.sender, server.username, settings.privacy_email)
    return Letterhead(
        sender=next(filter(_is_sender, choices), None) or f"mailerplex@{domain}",
        sender_name=f"{settings.operator_name} (MailerPlex)" if settings.operator_name else "MailerPlex",
        public_url=settings.public_url,
        domain=domain,
        list_domain=settings.public_host.replace(":", ".").strip("."),
    )


def _is_sender(text: str | None) -> bool:
    """Say whether mail can come from this: an address, in ASCII, which every server takes."""
    if text is None or not text.isascii() or "@" not in text:
        return False
    try:
        return Address(addr_spec=text).addr_spec == text
    except (ValueError, IndexError, HeaderParseError):
        return False


def _write_domain(host: str) -> str:
    """Write a host as mail does: addresses in brackets (RFC 5321, 4.1.3)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
