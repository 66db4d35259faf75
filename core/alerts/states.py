"""The states of an alert on its way, and of its correction."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an alert is; what `due_at` means in each state."""

    HELD = "held"  # its verdict may still change, or its channel is quiet: until due_at
    DUE = "due"  # to be delivered from due_at on
    QUEUED = "queued"  # handed to the queue; if nobody took it by due_at, it is handed again
    SENDING = "sending"  # a worker is at it; if it has not said how it went by due_at, it is taken again
    SENT = "sent"
    WITHDRAWN = "withdrawn"  # the verdict changed in time
    FAILED = "failed"  # for good


class Correction(StrEnum):
    """What a change of verdict after sending asked for."""

    CORRECT = "correct"  # on its way, by the alert's state
    CORRECTED = "corrected"
    FAILED = "failed"


UNSENT = tuple(state.value for state in (State.HELD, State.DUE, State.QUEUED, State.SENDING))
