"""Which alerts the news of a transaction asks for: raised, held, withdrawn, or to be corrected.

Runs inside the transaction that writes the events, after they were flushed, and under the lock by which hits of one
message are judged one after another. Does nothing, and asks the database nothing, where no person is involved.

Repeats write nothing here: an alert stands for every human event of its scope in its channel's quiet time, and they
are counted from the events when it is shown or sent, so judging them anew can never leave a wrong count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.alerts.humans import find_firsts, load_events, load_humans
from core.alerts.rules import CHANNELS, RULES, WATCHED_KINDS, ChannelPolicy, Rule, find_enabled, is_external
from core.alerts.states import Correction, State
from core.alerts.told import Audience, Outbox, Scope, Told, derive_unique_key, load_outbox, save_outbox
from core.hits.changes import EventChange
from core.signal.evidence import Verdict
from core.storage.identifiers import create_id

# Older events are no news when their verdict changes: nobody is told of last month's open because of a correction.
NEWS_FOR = timedelta(days=1)

_HUMAN = frozenset(verdict for verdict in Verdict if verdict.is_human)

Enabled = dict[tuple[str, str], set[str]]
"""The enabled rules by (user, channel)."""


def plan_alerts(session: Session, changes: Sequence[EventChange], now: datetime) -> list[str]:
    """Write the alerts that changes ask for; return the ids to be delivered at once, after the commit.

    The same changes again change nothing. A constant number of queries, however many changes.
    """
    risen = [
        change
        for change in changes
        if change.verdict in _HUMAN and change.kind in WATCHED_KINDS and not change.is_sample and _is_news(change, now)
    ]
    fallen = [change for change in changes if change.old_verdict in _HUMAN and change.verdict not in _HUMAN]
    if not risen and not fallen:
        return []
    outbox = load_outbox(session, [*risen, *fallen], now)
    freed = _take_back(outbox, fallen, now)
    substitutes = _find_substitutes(session, freed, now) if freed else []
    candidates = {change.event_id: change for change in (*substitutes, *risen)}
    if candidates:
        _raise_alerts(
            session, outbox, sorted(candidates.values(), key=lambda change: (change.at, change.event_id)), now
        )
    save_outbox(session, outbox)
    rows = (*outbox.inserts, *outbox.updates)
    return [row["id"] for row in rows if row.get("state") == State.DUE]


def _is_news(change: EventChange, now: datetime) -> bool:
    """Say whether a person appeared: in a new event, or where a machine was seen before."""
    return change.is_new or (change.old_verdict not in _HUMAN and change.at >= now - NEWS_FOR)


def _take_back(outbox: Outbox, fallen: Iterable[EventChange], now: datetime) -> list[Told]:
    """Withdraw what is not sent, correct what is; return what was taken back. Its cause may be told anew."""
    freed = [told for change in fallen for told in outbox.by_event.get(change.event_id, ()) if told.is_active]
    for told in freed:
        if told.state == State.FAILED:
            outbox.change(told, correction=Correction.FAILED.value, unique_key=told.id)
        elif told.state != State.SENT:
            outbox.change(told, state=State.WITHDRAWN.value, unique_key=told.id)
        elif is_external(told.audience.channel):
            outbox.change(
                told,
                state=State.DUE.value,
                correction=Correction.CORRECT.value,
                due_at=now,
                attempts=0,
                unique_key=told.id,
            )
        else:
            outbox.change(told, correction=Correction.CORRECTED.value, unique_key=told.id)
    return freed


def _find_substitutes(session: Session, freed: Sequence[Told], now: datetime) -> list[EventChange]:
    """Find the events that what was taken back had kept silent: the next first one, and repeats near it."""
    firsts = find_firsts(session, {told.audience.scope for told in freed})
    found = load_events(session, set(firsts.values())) if firsts else []
    longest = max(policy.quiet for policy in CHANNELS.values())
    messages = {told.audience.scope.message_id for told in freed}
    since = min(told.at for told in freed)
    near = load_humans(session, messages, since, max(told.at for told in freed) + longest)
    starts: dict[Scope, datetime] = {}
    for told in freed:
        scope = told.audience.scope
        starts[scope] = min(told.at, starts.get(scope, told.at))
    found += [event for event in near if starts.get(_scope(event), event.at) < event.at]
    return [event for event in found if event.at >= now - NEWS_FOR]


def _raise_alerts(session: Session, outbox: Outbox, candidates: Sequence[EventChange], now: datetime) -> None:
    enabled: Enabled = defaultdict(set)
    for user_id, rule, channel in find_enabled(session, {change.user_id for change in candidates}):
        enabled[user_id, channel].add(rule)
    if not enabled:
        return
    firsts = _find_open_firsts(session, outbox, candidates, enabled)
    for change in candidates:
        for channel, policy in CHANNELS.items():
            rules = enabled.get((change.user_id, channel))
            if rules:
                _raise_on(outbox, change, Audience(change.user_id, channel, _scope(change)), policy, rules, firsts, now)


def _find_open_firsts(
    session: Session, outbox: Outbox, candidates: Iterable[EventChange], enabled: Enabled
) -> set[str]:
    """Find which candidates are the first of their scope, asking only where a rule wants to know."""
    open_scopes = {
        _scope(change)
        for change in candidates
        for rule in RULES
        if rule.once and rule.kind is change.kind
        for channel in CHANNELS
        if rule.name in enabled.get((change.user_id, channel), ())
        and not outbox.has_rule(Audience(change.user_id, channel, _scope(change)), rule.name)
    }
    return set(find_firsts(session, open_scopes).values()) if open_scopes else set()


def _raise_on(
    outbox: Outbox,
    change: EventChange,
    audience: Audience,
    policy: ChannelPolicy,
    enabled: set[str],
    firsts: set[str],
    now: datetime,
) -> None:
    """Raise at most one alert for one event on one channel."""
    standing = outbox.list_active(audience)
    if any(told.event_id == change.event_id for told in standing):
        return
    for rule in RULES:
        if rule.kind is not change.kind or rule.name not in enabled:
            continue
        if rule.once:
            if change.event_id in firsts and not any(told.rule == rule.name for told in standing):
                _write(outbox, change, audience, policy, rule, now, now)
                return
        else:
            not_before = _find_gap(standing, change, policy, now)
            if not_before is not None:
                _write(outbox, change, audience, policy, rule, not_before, now)
            return


def _find_gap(standing: Iterable[Told], change: EventChange, policy: ChannelPolicy, now: datetime) -> datetime | None:
    """Return when a further alert may be sent; None if one that stands already speaks for this event too."""
    not_before = now
    for told in standing:
        if not policy.is_external:
            if abs(told.at - change.at) < policy.quiet:
                return None
        elif told.sent_at is not None:
            not_before = max(not_before, told.sent_at + policy.quiet)
        elif told.state != State.FAILED:
            return None
    return not_before


def _write(
    outbox: Outbox,
    change: EventChange,
    audience: Audience,
    policy: ChannelPolicy,
    rule: Rule,
    not_before: datetime,
    now: datetime,
) -> None:
    unique_key = derive_unique_key(audience, rule.name, None if rule.once else change.event_id)
    if _restore(outbox, change, audience, rule, unique_key):
        return
    due_at = max(not_before, change.settles_at or now)
    state = State.HELD if due_at > now else State.DUE if policy.is_external else State.SENT
    sent_at = now if state is State.SENT else None
    told = Told(create_id(), audience, change.event_id, change.at, rule.name, state.value, None, sent_at)
    outbox.add(told)
    outbox.inserts.append(
        {
            "id": told.id,
            "workspace_id": change.workspace_id,
            "user_id": change.user_id,
            "message_id": change.message_id,
            "event_id": change.event_id,
            "rule": rule.name,
            "channel": audience.channel,
            "unique_key": unique_key,
            "state": state.value,
            "due_at": due_at,
            "created_at": now,
            "sent_at": sent_at,
            "attempts": 0,
            "repeats": 1,
        }
    )


def _restore(outbox: Outbox, change: EventChange, audience: Audience, rule: Rule, unique_key: str) -> bool:
    """Let an alert stand again whose correction was not told outside yet, rather than tell the same twice."""
    for told in outbox.by_event.get(change.event_id, ()):
        is_pending = told.correction == Correction.CORRECT and told.state in (State.DUE, State.QUEUED)
        is_shown = told.correction == Correction.CORRECTED and not is_external(audience.channel)
        if told.audience == audience and told.rule == rule.name and (is_pending or is_shown):
            outbox.change(told, state=State.SENT.value, correction=None, unique_key=unique_key)
            return True
    return False


def _scope(change: EventChange) -> Scope:
    return Scope(change.message_id, change.recipient_id, change.kind)
