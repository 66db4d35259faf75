"""A person who knows better says what an event was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts.sight import Sight
from core.errors import InputError
from core.messages.lookup import load_own_message
from core.signal.evidence import Verdict
from core.storage.events import Event
from core.timeline.events import JUDGED_KINDS


class Rejudge(Protocol):
    """Judges again a message's hits between two times, in the caller's transaction; returns the alerts due now."""

    def __call__(self, session: Session, message_id: str, since: datetime, until: datetime) -> Sequence[str]:
        """Judge again."""
        ...


def load_event(session: Session, sight: Sight, event_id: str) -> Event | None:
    """Load an event of an own message to change it, its message locked before it, as judging does.

    Raises NotAllowedError for an event of a message that a teammate shares.
    """
    message_id = session.scalar(select(Event.message_id).where(Event.id == event_id))
    if message_id is None or load_own_message(session, sight, message_id, lock=True) is None:
        return None
    return session.scalars(select(Event).where(Event.id == event_id)).one_or_none()


def correct_event(session: Session, event: Event, verdict: Verdict | None, rejudge: Rejudge) -> Sequence[str]:
    """Set what a person says this open or click was, or take it back with None; judge again with it.

    Returns the alerts that are due now. Raises InputError for a reply or bounce, which nobody judges.
    """
    if event.kind not in JUDGED_KINDS:
        raise InputError(f"A {event.kind} is not judged, so there is no verdict to correct.")
    event.corrected = verdict.value if verdict else None
    session.flush()
    return rejudge(session, event.message_id, event.at, event.at)
