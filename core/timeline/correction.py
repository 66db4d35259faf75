"""A person who knows better says what an event was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.messages.lookup import load_message
from core.signal.evidence import Verdict
from core.storage.events import Event
from core.timeline.events import JUDGED_KINDS


class Rejudge(Protocol):
    """Judges again a message's hits between two times, in the caller's transaction; returns the alerts due now."""

    def __call__(self, session: Session, message_id: str, since: datetime, until: datetime) -> Sequence[str]:
        """Judge again."""
        ...


def load_event(session: Session, workspace_id: str, event_id: str) -> Event | None:
    """Load one event of a workspace to change it, its message locked before it, as judging does."""
    mine = (Event.id == event_id, Event.workspace_id == workspace_id)
    message_id = session.scalar(select(Event.message_id).where(*mine))
    if message_id is None or load_message(session, workspace_id, message_id, lock=True) is None:
        return None
    return session.scalars(select(Event).where(*mine)).one_or_none()


def correct_event(session: Session, event: Event, verdict: Verdict | None, rejudge: Rejudge) -> Sequence[str]:
    """Set what a person says this open or click was, or take it back with None; judge again with it.

    Returns the alerts that are due now. Raises InputError for a reply or bounce, which nobody judges.
    """
    if event.kind not in JUDGED_KINDS:
        raise InputError(f"A {event.kind} is not judged, so there is no verdict to correct.")
    event.corrected = verdict.value if verdict else None
    session.flush()
    return rejudge(session, event.message_id, event.at, event.at)
