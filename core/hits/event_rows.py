"""Events on their way into and out of the table: what a hit becomes, and the evidence that a stored one holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from core.enrich.enricher import Enriched
from core.hits.addresses import AddressKeeper
from core.hits.loading import CopyFacts
from core.hits.record import Hit
from core.signal.evidence import Evidence, Judgement, Kind, Network, NetworkKind, Verdict
from core.signal.rules import CORRECTED
from core.storage.identifiers import derive_event_id
from core.storage.keyed_query import Row

_KINDS = {kind.value: kind for kind in Kind}
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_MACHINES = (Verdict.SCANNER, Verdict.PREFETCH, Verdict.SELF)


@dataclass(slots=True)
class JudgedEvent:
    """One open or click inside a storing transaction: its evidence, what it was, and what it is now.

    `values` are the columns to insert, for a new event; None for one that is stored already. One that is only
    context is there for the others' sake: not all that it relates to is loaded, so it is not judged again.
    """

    evidence: Evidence
    facts: CopyFacts
    at: datetime
    link_number: int | None
    old_verdict: Verdict | None
    old: tuple[str | None, float | None, str]
    revision: int
    values: dict[str, Any] | None
    is_context: bool = False
    judgement: Judgement | None = None

    @property
    def is_new(self) -> bool:
        """Say whether the event is not stored yet."""
        return self.values is not None

    @property
    def has_changed(self) -> bool:
        """Say whether judging now says something else than what is stored."""
        judgement = self.judgement
        if judgement is None or self.is_context:
            return False
        if self.is_new:
            return True
        return not self._weakens(judgement) and self.old != (
            judgement.verdict.value,
            judgement.confidence,
            ",".join(judgement.reasons),
        )

    def _weakens(self, judgement: Judgement) -> bool:
        """Say whether a machine's verdict would be taken back for want of the evidence that once bore it.

        Evidence only grows, but not all of it is loaded each time. Only a person's word takes such a verdict back.
        """
        _, confidence, reasons = self.old
        if self.old_verdict not in _MACHINES or self.evidence.corrected is not None or CORRECTED in reasons.split(","):
            return False
        if judgement.verdict not in _MACHINES or judgement.confidence < (confidence or 0.0):
            return True
        return judgement.verdict is self.old_verdict and set(judgement.reasons) <= set(reasons.split(","))

    def settles_at(self, now: datetime) -> datetime | None:
        """Return until when a later hit may change the verdict; None if that is over."""
        if self.judgement is None or self.judgement.settle_seconds <= 0:
            return None
        settles_at = self.at + timedelta(seconds=self.judgement.settle_seconds)
        return settles_at if settles_at > now else None


def build_new(hit: Hit, enriched: Enriched, facts: CopyFacts, keeper: AddressKeeper) -> JudgedEvent:
    """Build the event that a hit becomes, still unjudged."""
    kept = keeper.keep(hit.address)
    at = hit.at
    event_id = derive_event_id(hit.id, hit.at_microseconds // 1000)
    evidence = Evidence(
        id=event_id,
        message=facts.message_id,
        kind=hit.kind,
        recipient=facts.recipient_address,
        at=at,
        seconds_after_send=None if facts.sent_at is None else (at - facts.sent_at).total_seconds(),
        method=hit.method,
        user_agent=hit.user_agent,
        headers=hit.headers,
        link=None if hit.link_number is None else str(hit.link_number),
        network=enriched.network,
        address_key=None if kept.address_key is None else kept.address_key.hex(),
        network_key=None if kept.network_key is None else kept.network_key.hex(),
        sender=facts.sender,
    )
    location = enriched.location
    values = {
        "id": event_id,
        "workspace_id": facts.workspace_id,
        "message_id": facts.message_id,
        "copy_id": facts.copy_id,
        "recipient_id": facts.recipient_id,
        "corrected": None,
        "kind": hit.kind.value,
        "at": at,
        "link_number": hit.link_number,
        "client_name": enriched.client.name,
        "client_os": enriched.client.os,
        "client_device": enriched.client.device,
        "country": location.country if location else None,
        "region": location.region if location else None,
        "city": location.city if location else None,
        "method": hit.method,
        "user_agent": hit.user_agent.replace("\x00", ""),
        "headers": orjson.dumps(hit.headers).decode() if hit.headers else None,
        "address_cut": kept.cut,
        "address_key": kept.address_key,
        "network_key": kept.network_key,
        "network_kind": enriched.network.kind.value,
        "network_asn": enriched.network.asn,
        "network_operator": enriched.network.operator,
    }
    return JudgedEvent(evidence, facts, at, hit.link_number, None, (None, None, ""), 0, values)


def parse_stored(row: Row, facts: CopyFacts, *, is_context: bool) -> JudgedEvent:
    """Read a stored event back, as `loading.load_related` gives it, with the evidence it was judged by."""
    (event_id, message_id, _, kind, at, link_number, verdict, confidence, reasons, revision, corrected, *heard) = row
    method, user_agent, headers, address_key, network_key, network_kind, asn, operator = heard
    evidence = Evidence(
        id=event_id,
        message=message_id,
        kind=_KINDS[kind],
        recipient=facts.recipient_address,
        at=at,
        seconds_after_send=None if facts.sent_at is None else (at - facts.sent_at).total_seconds(),
        method=method or "GET",
        user_agent=user_agent or "",
        headers=orjson.loads(headers) if headers else {},
        link=None if link_number is None else str(link_number),
        network=_network(network_kind, asn, operator),
        address_key=address_key.hex() if address_key else None,
        network_key=network_key.hex() if network_key else None,
        sender=facts.sender,
        corrected=_VERDICTS[corrected] if corrected else None,
    )
    was = _VERDICTS[verdict] if verdict else None
    old = (verdict, confidence, reasons)
    return JudgedEvent(evidence, facts, at, link_number, was, old, revision, None, is_context)


@lru_cache(maxsize=1024)
def _network(kind: str | None, asn: int | None, operator: str | None) -> Network:
    return Network(NetworkKind(kind or "unknown"), asn, operator)
