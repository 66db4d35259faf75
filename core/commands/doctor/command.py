"""The command itself: the settings first, then every check, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from core.commands.doctor.finding import Finding, Level, fail, ok
from core.commands.running import data_dir_option
from core.errors import MailerPlexError
from core.settings import Settings, load_settings


@click.command()
@data_dir_option
@click.pass_context
def doctor(context: click.Context, data_dir: Path | None) -> None:
    """Check settings, keys, database, Redis, spool, URL, mail, providers and geo data; exit with 1 if one fails."""
    from core.logs import configure_logging

    configure_logging("error", "doctor")
    failed = False
    for finding in _examine(data_dir):
        print(finding, flush=True)
        failed |= finding.level is Level.FAIL
    if failed:
        context.exit(1)


def _examine(data_dir: Path | None) -> Iterator[Finding]:
    from core.commands.doctor import files, mail, places, providers, public, services

    try:
        settings = load_settings(data_dir=data_dir)
    except MailerPlexError as error:
        yield fail("settings", str(error))
        return
    yield ok("settings", f"data folder {settings.data_dir}, public URL {settings.public_url}")
    checks: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
        files.check_folder,
        files.check_keys,
        services.check_database,
        services.check_redis,
        files.check_spool,
        public.check_url,
        public.check_running,
        mail.check_mail,
        providers.check_providers,
        places.check_places,
        files.check_backups,
    )
    for check in checks:
        yield from check(settings)
