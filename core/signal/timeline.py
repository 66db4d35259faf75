"""Hits of one message put in order of time.

Two hits compare by their moments (`at`) if both have one; where some of a message's hits have none but all have
their seconds after sending, they compare by those. Hits without any time are on no line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple

from core.signal.agents import Agent, recognise
from core.signal.evidence import Evidence, Viewed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timed(NamedTuple):
    """A hit on a timeline: `place` is that in the input, `time` in milliseconds from the line's own origin."""

    place: int
    time: int
    hit: Evidence
    agent: Agent


def milliseconds(seconds: float) -> int:
    """Turn seconds into whole milliseconds: whole numbers compare exactly at a window's edge."""
    return round(seconds * 1000)


def moment_of(hit: Evidence | Viewed) -> int | None:
    """Give the hit's moment in milliseconds since 1970."""
    if hit.at is None:
        return None
    since = hit.at - _EPOCH
    return (since.days * 86400 + since.seconds) * 1000 + (since.microseconds + 500) // 1000


def age_of(hit: Evidence | Viewed) -> int | None:
    """Give the milliseconds from sending to the hit."""
    return None if hit.seconds_after_send is None else milliseconds(hit.seconds_after_send)


def timelines(evidence: Sequence[Evidence], indexes: Sequence[int]) -> list[list[Timed]]:
    """Put the hits at `indexes`, all of one message, on one line, or on two that share no clock."""
    hits = [evidence[index] for index in indexes]
    moments = [hit.at is not None for hit in hits]
    if not all(moments) and all(hit.seconds_after_send is not None for hit in hits):
        moments = [False] * len(hits)
    lines: tuple[list[Timed], list[Timed]] = ([], [])
    for index, hit, has_moment in zip(indexes, hits, moments, strict=True):
        time = moment_of(hit) if has_moment else age_of(hit)
        if time is not None:
            lines[has_moment].append(Timed(index, time, hit, recognise(hit.user_agent)))
    return [sorted(line, key=_time) for line in lines if len(line) > 1]


_time = itemgetter(Timed._fields.index("time"))
