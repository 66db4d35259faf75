"""The check of the databases of places and networks."""

from __future__ import annotations

from collections.abc import Iterator

from core.commands.doctor.finding import Finding, fail, ok, warn
from core.errors import SettingsError
from core.settings import Settings


def check_places(settings: Settings) -> Iterator[Finding]:
    """Check what judging and locating know of addresses."""
    from core.enrich.enricher import Enricher

    try:
        status = Enricher(settings.data_dir, settings.geoip_city_db, settings.geoip_asn_db).status()
    except SettingsError as error:
        yield fail("geo data", str(error))
        return
    yield from (warn("geo data", text) for text in status.warnings)
    if not status.warnings:
        count = len(status.cities) + len(status.systems)
        yield ok("geo data", f"{count} databases, {status.networks} networks of relays and clouds")
