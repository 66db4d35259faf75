"""What storing events did to them: the news that alerts, and later other listeners, are planned from."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from core.signal.evidence import Kind, Verdict


class EventChange(NamedTuple):
    """One event that is new, or whose verdict changed, inside the transaction that writes it.

    `old_verdict` is None for a new event; `settles_at` is None where nothing can change the verdict any more.
    Of a sample, which is made up, nobody is told.
    """

    event_id: str
    workspace_id: str
    user_id: str
    message_id: str
    recipient_id: str | None
    kind: Kind
    at: datetime
    link_number: int | None
    is_new: bool
    old_verdict: Verdict | None
    verdict: Verdict | None
    settles_at: datetime | None
    is_sample: bool = False
