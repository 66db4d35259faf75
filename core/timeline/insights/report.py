"""The insights of a period, ready to be shown: what was read, when, with what, where, how soon; machines apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.accounts.sight import Sight
from core.timeline.insights.gathering import (
    FOREMOST,
    Gathered,
    Share,
    Waits,
    count_sent,
    gather,
    has_real_messages,
)
from core.timeline.insights.period import Period
from core.timeline.insights.slots import Counts, Step, count_by_step, count_by_week_hour, find_busiest, total


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Reads and clicks by something that has names, the foremost first; `unknown` is what cannot be told."""

    shares: tuple[Share, ...]
    others: Share
    unknown: Share


@dataclass(frozen=True, slots=True)
class Insights:
    """All figures of a period. `are_samples` says that they are of sample messages, there being no others."""

    period: Period
    sent: int
    total: Counts
    steps: tuple[Step, ...]
    week: tuple[tuple[int, ...], ...]
    busiest: tuple[int, int] | None
    clients: Breakdown
    countries: Breakdown
    cities: tuple[Share, ...]
    domains: Breakdown
    reading: Waits
    clicking: Waits
    are_samples: bool


def read_insights(session: Session, sight: Sight, period: Period) -> Insights:
    """Read the insights of what the viewer may see. Sample messages count only where there are no others."""
    samples = not has_real_messages(session, sight)
    gathered = gather(session, sight, period, samples=samples)
    sent = count_sent(session, sight, period, samples=samples)
    return _describe(gathered, period, sent, samples)


def _describe(gathered: Gathered, period: Period, sent: int, samples: bool) -> Insights:
    counts = total(gathered.slots)
    week = count_by_week_hour(gathered.slots)
    return Insights(
        period=period,
        sent=sent,
        total=counts,
        steps=count_by_step(gathered.slots, period),
        week=week,
        busiest=find_busiest(week),
        clients=_break_down(gathered.clients, counts),
        countries=_break_down(gathered.countries, counts),
        cities=tuple(gathered.cities),
        domains=_break_down(gathered.domains, counts),
        reading=gathered.reading,
        clicking=gathered.clicking,
        are_samples=samples and sent > 0,
    )


def _break_down(shares: Sequence[Share], counts: Counts) -> Breakdown:
    """Name the foremost; what is left of the whole are the others."""
    named = tuple(share for share in shares if share.name)[:FOREMOST]
    nameless = [share for share in shares if not share.name]
    unknown = _sum(nameless)
    known = _sum(named)
    others = Share(None, counts.reads - known.reads - unknown.reads, counts.clicks - known.clicks - unknown.clicks)
    return Breakdown(named, others, unknown)


def _sum(shares: Sequence[Share]) -> Share:
    return Share(None, sum(share.reads for share in shares), sum(share.clicks for share in shares))
