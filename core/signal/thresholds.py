"""The numbers that rules compare with: seconds, counts, and where each comes from where it has a source."""

from __future__ import annotations

GRACE_SECONDS = 30.0
"""The moment of sending is a claim, and clocks differ: only hits before it by more than this came before it."""
DELIVERY_SECONDS = 10.0
"""Mail is fetched ahead at delivery, some seconds after sending."""
HASTY_SECONDS = 20.0
"""Delivered, noticed, opened and clicked within this, without the open seen: hardly a person."""
SCAN_SECONDS = 60.0
"""Gateways scan at 20 to 60 s after sending, two thirds of the time; hits this soon are weak evidence of a person."""
MICROSOFT_SCAN_SECONDS = 120.0
"""A click out of Microsoft's network this soon is Defender's; later the network alone says nothing."""
LATE_SCAN_SECONDS = 300.0
"""Opens by a browser in an unknown network may be part of a scan up to here; a third of scans come after a minute."""

BURST_SECONDS = 10.0
"""The window of a burst of clicks."""
BURST_LINKS = 3
"""Distinct links of one message within a burst's window that no person follows."""
STRONG_BURST_LINKS = 5
INSTANT_SECONDS = 1.0
"""Two different links within this are one hand too fast."""
INSTANT_LINKS = 2
AGENTS_SECONDS = 10.0
"""An open and a click from one address within this come from one program, if a person's."""
NETWORKS_SECONDS = 60.0
PERSONS_NETWORKS = 3
"""A person is not in this many networks within `NETWORKS_SECONDS`."""
FOLLOWS_SECONDS = 120.0
"""A click this soon after its reader's open belongs to it."""
VIEW_BEFORE_SECONDS = 3.0
"""A picture may be fetched this long before the sender's heads-up arrives."""
VIEW_AFTER_SECONDS = 10.0
"""A heads-up covers hits this long after it."""
SHARED_ADDRESS_DOMAINS = 10
"""One address for recipients of this many mail domains is a scanner's, not a reader's."""

RELATED_SECONDS = 120.0
"""Hits of one message, and heads-ups about it, farther apart than this never change each other's verdict."""
ADDRESS_WINDOW_SECONDS = 600.0
"""Hits of different messages from one address farther apart than this never change each other's verdict."""

CLICK_SETTLE_SECONDS = 12.0
"""How long a click that seems a person's waits for the rest of a burst."""
OPEN_SETTLE_SECONDS = 15.0
"""How long an open soon after sending waits for what a scanner does next."""
