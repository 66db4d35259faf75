"""What the web pages and the API are given to work with; `app.py` fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from flask import Blueprint
from sqlalchemy import Engine

from core.accounts.install.installer import Installer
from core.accounts.providers.registry import ProviderRegistry
from core.keys import KeyRing
from core.people.postman import MailInvitation, hand_out
from core.settings import Settings
from core.storage.engine import Sessions
from core.timeline.correction import Rejudge


class Health(StrEnum):
    """How a part of the installation does."""

    OK = "ok"
    WARN = "warn"  # it serves, but something wants a look
    FAIL = "fail"  # it does not serve


@dataclass(frozen=True, slots=True)
class PartState:
    """One line of `/readyz`. `detail` is for people; `values` for machines. Neither holds anything about a person."""

    name: str
    health: Health
    detail: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One measured quantity for `/metrics`: values by the value of its one label; "" for no label."""

    name: str
    help: str
    values: Mapping[str, float]
    label: str | None = None
    is_counter: bool = False


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebServices:
    """Everything that a request may need.

    `sessions` may write, `reading_sessions` only reads. `blueprints` are those that others bring (the API).
    `mail_invitation` sends an invitation, or says that its link is to be handed out.
    `readiness` and `gauges` report on the parts that the web knows nothing of: Redis, spool, shipper, worker.
    `rejudge` works in the caller's transaction and names the alerts that are due; `deliver` hears of them after the
    commit. `after_erasure` runs after the commit too.
    `locate` names the place of an address in words, where that is known. Without `redis_url` limits are counted in
    each process by itself.
    """

    settings: Settings
    keys: KeyRing
    engine: Engine
    sessions: Sessions
    reading_sessions: Sessions
    blueprints: Sequence[Blueprint] = ()
    readiness: Callable[[], Sequence[PartState]] = tuple
    gauges: Callable[[], Sequence[Gauge]] = tuple
    clock: Callable[[], datetime] = utc_now
    installer: Installer | None = None
    # None where nothing can be pasted in: then the installer's providers are all there are.
    registry: ProviderRegistry | None = None
    # Hands a self-test to the workers, by the ids of user and run. Raises UnavailableError.
    queue_self_test: Callable[[str, str], None] | None = None
    mail_invitation: MailInvitation = hand_out
    geo_credit: Callable[[], Sequence[tuple[str, str]]] = tuple
    rejudge: Rejudge = lambda *_: ()
    deliver: Callable[[Sequence[str]], None] = lambda _: None
    after_erasure: Callable[[], object] = lambda: None
    locate: Callable[[str], str | None] = lambda _address: None
    redis_url: str | None = None
