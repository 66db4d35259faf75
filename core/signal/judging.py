"""Judges hits: who caused each open and click. Pure: the same hits always get the same verdicts, in any order.

All hits given are judged together, and a later one can change what an earlier one was. To re-judge a hit, hand in
what lies within `RELATED_SECONDS` of it on its message (hits and heads-ups) and within `ADDRESS_WINDOW_SECONDS`
of it from its address; anything more changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from core.signal.agents import Agent, recognise
from core.signal.context import Context
from core.signal.evidence import Evidence, Judgement, Verdict, Viewed
from core.signal.relations import relate
from core.signal.rule import Rule
from core.signal.rules import CORRECTED, NO_RULE, RULES_VERSION, remarks_for, rules_for
from core.signal.thresholds import ADDRESS_WINDOW_SECONDS, RELATED_SECONDS

_CORROBORATED = frozenset({Verdict.SCANNER, Verdict.PREFETCH, Verdict.SELF})
"""Verdicts for which further rules that agree are named too. A person's rules are steps of one scale."""


def judge(evidence: Sequence[Evidence], views: Sequence[Viewed] = ()) -> list[Judgement]:
    """Judge opens and clicks as hits of one installation; the judgements are in the order of `evidence`."""
    contexts = relate(evidence, views)
    return [_judge_one(hit, context) for hit, context in zip(evidence, contexts, strict=True)]


def _judge_one(hit: Evidence, context: Context) -> Judgement:
    if hit.corrected is not None:
        return _judgement(hit.corrected, 1.0, (CORRECTED,), 0.0)
    agent = recognise(hit.user_agent)
    rules = rules_for(hit.kind, agent, hit.network.kind)
    for place, rule in enumerate(rules):
        if rule.match.holds(hit, context):
            return _decide(rule, rules[place + 1 :], hit, context, agent)
    return _decide(NO_RULE, (), hit, context, agent)


def _decide(decisive: Rule, others: Sequence[Rule], hit: Evidence, context: Context, agent: Agent) -> Judgement:
    """Take the verdict of the decisive rule; add the reasons that bear it out, and the remarks."""
    reasons = [decisive.code]
    confidence = decisive.confidence
    if decisive.verdict in _CORROBORATED:
        for rule in others:
            if rule.verdict is decisive.verdict and rule.code not in reasons and rule.match.holds(hit, context):
                reasons.append(rule.code)
                confidence = max(confidence, rule.confidence)
    for remark in remarks_for(hit.kind, agent, hit.network.kind, decisive.verdict):
        if remark.code not in reasons and remark.match.holds(hit, context):
            reasons.append(remark.code)
    return _judgement(decisive.verdict, confidence, tuple(reasons), decisive.settle_seconds)


# Few differ among thousands of hits, and they are values.
_judgement = lru_cache(maxsize=1024)(Judgement)

__all__ = ["ADDRESS_WINDOW_SECONDS", "RELATED_SECONDS", "RULES_VERSION", "judge"]
