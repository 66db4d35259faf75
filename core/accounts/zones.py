"""Time zones by the names of the IANA database: which one a person reads times in."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from sqlalchemy.orm import Session

from core.errors import InputError
from core.storage.accounts import User

UTC_NAME: Final = "UTC"
_REGIONS: Final = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
_NAME_CHARACTERS: Final = 64


def find_zone(name: str | None) -> ZoneInfo:
    """Return a person's zone; UTC where none is set, or this machine knows it no more."""
    return _load(name or UTC_NAME) or ZoneInfo(UTC_NAME)


def _load(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name may be a path that is none, or a folder
        return None


def change_zone(session: Session, user_id: str, name: str) -> None:
    """Set the zone that a person reads times in; an empty name unsets it. Raises InputError for what is no zone."""
    cleaned = name.strip()
    if cleaned and (len(cleaned) > _NAME_CHARACTERS or _load(cleaned) is None):
        raise InputError("Choose a time zone from the list, such as Europe/Berlin.")
    session.get_one(User, user_id).timezone = cleaned or None


@lru_cache(maxsize=1)
def list_zones() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List the names by region, for a list to choose from."""
    names = sorted(available_timezones())
    regions = ((region, tuple(name for name in names if name.startswith(f"{region}/"))) for region in _REGIONS)
    return tuple((region, found) for region, found in regions if found)


def show_offset(zone: ZoneInfo, now: datetime) -> str:
    """Write how far a zone is from UTC now, such as "UTC+01:00"."""
    text = now.astimezone(zone).strftime("%z")
    return (
        UTC_NAME if now.astimezone(zone).utcoffset() == now.astimezone(UTC).utcoffset() else f"UTC{text[:3]}:{text[3:]}"
    )
