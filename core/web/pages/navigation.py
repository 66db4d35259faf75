"""The main navigation: the pages in the order in which they are used, those of them that this installation serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from core.web.translation import mark


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. `name` is translated where it is shown."""

    name: str
    path: str
    icon: str


PLACES = (
    Place(mark("Start"), "/start", "start"),
    Place(mark("Activity"), "/activity", "list"),
    Place(mark("Feed"), "/feed", "feed"),
    Place(mark("Insights"), "/insights", "chart"),
    Place(mark("Alerts"), "/alerts", "bell"),
    Place(mark("Settings"), "/settings", "gear"),
)
# What belongs to a page without lying below it.
_BELONGS = {"/messages": "/activity", "/people": "/activity", "/connect": "/settings"}


def make_navigation(app: Flask) -> Callable[[], list[Place]]:
    """Return the function that lists the places; asked at rendering, when all routes are there."""
    found: list[Place] = []

    def list_places() -> list[Place]:
        if not found:
            served = {rule.rule for rule in app.url_map.iter_rules()}
            found.extend(place for place in PLACES if place.path in served)
        return found

    return list_places


def is_current(place: Place, path: str) -> bool:
    """Say whether a request's path is of a place."""
    for prefix, home in _BELONGS.items():
        if path.startswith(f"{prefix}/"):
            return place.path == home
    return path == place.path or path.startswith((f"{place.path}/", f"{place.path}."))
