"""Whether an address may be shown as the recipient's place. Looks no place up itself."""

from __future__ import annotations

from core.signal.agents import PROXIES, Agent, recognise
from core.signal.evidence import Evidence, NetworkKind, Verdict

_PLACELESS_AGENTS = PROXIES | {Agent.BARE, Agent.GMAIL_PREFETCH, Agent.GMAIL_PREFETCH_LIKE}
_PLACES = frozenset({NetworkKind.UNKNOWN, NetworkKind.ACCESS})
_THEIRS = frozenset({Verdict.HUMAN, Verdict.SELF, Verdict.UNKNOWN})


def shows_place(hit: Evidence, verdict: Verdict) -> bool:
    """Say whether the hit's address tells where its person was: never a proxy's, a relay's or a machine's place."""
    if verdict not in _THEIRS or hit.network.kind not in _PLACES:
        return False
    agent = recognise(hit.user_agent)
    # Out of a known ISP, Apple Mail's bare name is a person's own address.
    is_direct = agent is Agent.BARE and hit.network.kind is NetworkKind.ACCESS
    return is_direct or agent not in _PLACELESS_AGENTS
