"""`signin-link`: a new one-time link to sign in with."""

from __future__ import annotations

from pathlib import Path

import click

from core.commands.running import data_dir_option, open_installation, say


@click.command("signin-link")
@click.argument("email", required=False)
@data_dir_option
def signin_link(email: str | None, data_dir: Path | None) -> None:
    """Print a one-time sign-in link, for the owner or for EMAIL. It works for 15 minutes."""
    from datetime import UTC, datetime

    from core.accounts.owner import ensure_owner, find_or_name_owner
    from core.accounts.signin import create_signin_link
    from core.alerts.rules import create_default_rules, create_email_defaults

    installation = open_installation(data_dir)
    now = datetime.now(UTC)
    with installation.sessions.begin() as session:
        ensure_owner(session, now, create_default_rules)
        user = find_or_name_owner(session, email)
        if installation.settings.smtp_url is not None:
            create_email_defaults(session)
        link = create_signin_link(session, user, installation.settings.public_url, now)
        address = user.email
    print(link)
    say(f"Signs in {address}, once, within 15 minutes.")
