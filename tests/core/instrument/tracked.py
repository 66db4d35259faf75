"""A tracking for tests: links that show their destination, and two tracking domains, one of them older."""

from __future__ import annotations

from urllib.parse import quote, unquote

BASE = "https://t.example"
OLD = "https://old.example"


class FakeTracking:
    """Implements `core.instrument.Tracking`."""

    pixel_url = f"{BASE}/o/1AbCdEfGh.gif"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def track(self, url: str) -> str | None:
        self.asked.append(url)
        return None if "refuse.example" in url else f"{BASE}/c/1tok?u={quote(url, safe='', errors='replace')}"

    def is_own(self, url: str) -> bool:
        return any(url.startswith(f"{base}/{room}/") for base in (BASE, OLD) for room in "ocp")


def tracked(url: str) -> str:
    """Return the tracked URL as it stands in HTML."""
    return f"{BASE}/c/1tok?u={quote(url, safe='')}"


def destination_of(url: str) -> str:
    """Return the destination of a tracked URL."""
    assert url.startswith(f"{BASE}/c/1tok?u=")
    return unquote(url.partition("?u=")[2])


PIXEL = f'<img src="{FakeTracking.pixel_url}" width="1" height="1" alt="" border="0" style="width:1px;max-height:1px">'
