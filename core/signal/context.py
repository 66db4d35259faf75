"""What relates one hit to the others, as plain values. Decides no verdict: the rules do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """What the other hits, and the sender's heads-ups, say about one hit."""

    burst_links: int = 0
    """Distinct links clicked within any `BURST_SECONDS` that hold the hit; for an open, from its own source.
    0 where too few were clicked at all to say anything; so for the next two."""
    instant_links: int = 0
    """Distinct links clicked within any `INSTANT_SECONDS` that hold this click."""
    networks: int = 0
    """Distinct networks that the recipient was in within any `NETWORKS_SECONDS` that hold the hit."""
    two_browsers: bool = False
    """An open and a click from this hit's address within `AGENTS_SECONDS`, by two browsers."""
    address_domains: int = 0
    """Mail domains whose recipients came from this hit's address within any `ADDRESS_WINDOW_SECONDS`."""
    follows_open: bool = False
    """The reader's program, or their provider's proxy, opened the message within `FOLLOWS_SECONDS` before."""
    viewed: bool = False
    """The sender was looking at the message."""


ALONE = Context()
"""The context of a hit that nothing relates to."""
