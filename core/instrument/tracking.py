"""The port through which rewriting learns this message's pixel and tracked links. Signing them lives elsewhere."""

from __future__ import annotations

from typing import Protocol


class Tracking(Protocol):
    """What one copy of one message is tracked by."""

    @property
    def pixel_url(self) -> str:
        """The absolute URL of this copy's pixel."""
        ...

    def track(self, url: str) -> str | None:
        """Return the tracked URL of the destination that an href denotes, or None to leave that link alone."""
        ...

    def is_own(self, url: str) -> bool:
        """Say whether this is a pixel, tracked link or recipient's page of ours, on any of our domains ever."""
        ...
