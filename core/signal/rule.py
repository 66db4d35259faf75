"""What a rule is: conditions as data, a verdict, and how sure. Which rules there are is in the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.signal.agents import Agent
from core.signal.context import Context
from core.signal.evidence import Evidence, Kind, NetworkKind, Verdict

Predicate = Callable[[Evidence, Context], bool]

ANY_AGENT = frozenset(Agent)
ANY_NETWORK = frozenset(NetworkKind)
BOTH = frozenset({Kind.OPEN, Kind.CLICK})
OPENS = frozenset({Kind.OPEN})
CLICKS = frozenset({Kind.CLICK})
EVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What must hold for a hit. `age`: from (included) and until (excluded), in seconds after sending.

    A match with an age stays silent on a hit whose age nobody knows.
    """

    kinds: frozenset[Kind] = BOTH
    agents: frozenset[Agent] = ANY_AGENT
    networks: frozenset[NetworkKind] = ANY_NETWORK
    age: tuple[float, float] | None = None
    when: Predicate | None = None

    def may_hold(self, kind: Kind, agent: Agent, network: NetworkKind) -> bool:
        """Say whether a hit of this sort can match at all."""
        return kind in self.kinds and agent in self.agents and network in self.networks

    def holds(self, hit: Evidence, context: Context) -> bool:
        """Say whether a hit for which it may hold does match."""
        if self.age is not None:
            seconds = hit.seconds_after_send
            if seconds is None or not self.age[0] <= seconds < self.age[1]:
                return False
        return self.when is None or self.when(hit, context)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a table: the reason's code, what it takes, and what it then says."""

    code: str
    verdict: Verdict
    confidence: float
    match: Match
    settle_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Remark:
    """A reason that decides nothing and is added to the verdicts that it bears on."""

    code: str
    verdicts: frozenset[Verdict]
    match: Match
