"""A place in words, for lists and mail."""

from __future__ import annotations

from core.signal.evidence import Location


def name_place(location: Location | None) -> str | None:
    """Name a place from its smallest part to its country's code; None where nothing is known. Says nothing twice."""
    if location is None:
        return None
    parts = (location.city, location.region, location.country)
    return ", ".join(dict.fromkeys(part for part in parts if part))[:200] or None
