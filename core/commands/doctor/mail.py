"""The check of the mail server that alerts go out by: connected to and signed in to, nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from core.commands.doctor.finding import Finding, fail, ok, warn
from core.settings import Settings


def check_mail(settings: Settings) -> Iterator[Finding]:
    """Check SMTP_URL."""
    from core.alerts.channels import PassingError
    from core.alerts.smtp import SmtpClient, parse_smtp_url
    from core.errors import SettingsError

    if settings.smtp_url is None:
        yield warn("mail", "SMTP_URL is not set: alerts show on the pages only")
        return
    try:
        server = parse_smtp_url(settings.smtp_url)
        client = SmtpClient(server)
        client.check()
        client.close()
    except SettingsError as error:
        yield fail("mail", str(error))
    except PassingError as error:
        yield fail("mail", f"{error} (SMTP_URL)")
    else:
        yield ok("mail", f"{server.host}:{server.port} takes mail for alerts")
