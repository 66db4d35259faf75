"""An installation's parts, opened when first asked for, from its settings alone."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from core.keys import KeyRing, WatchedKeys
from core.running.redis_server import redis_url
from core.settings import Settings
from core.tokens import TokenSigner

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from core.enrich.enricher import Enricher
    from core.hits.store import HitStore
    from core.storage.engine import Sessions

_FORGET_SECONDS = 300.0


class Installation:
    """What roles and commands are built from; imports are late, since most need few of these."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def keys(self) -> WatchedKeys:
        """The secret keys, followed through rotations."""
        return WatchedKeys(self.settings)

    @property
    def current_ring(self) -> KeyRing:
        """The keys as they are now."""
        self.keys.refresh()
        return self.keys.ring

    @property
    def signer(self) -> TokenSigner:
        """Signs and verifies tokens with the keys as they are now."""
        ring = self.current_ring
        if self._signer is None or self._signer[0] is not ring:
            self._signer = (ring, TokenSigner(ring))
        return self._signer[1]

    _signer: tuple[object, TokenSigner] | None = None

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        from core.storage.engine import open_engine

        return open_engine(self.settings.database_url)

    @cached_property
    def sessions(self) -> Sessions:
        """Sessions that may write."""
        from core.storage.engine import open_sessions

        return open_sessions(self.engine)

    @cached_property
    def reading_sessions(self) -> Sessions:
        """Sessions that only read."""
        from core.storage.engine import open_reading_sessions

        return open_reading_sessions(self.engine)

    @cached_property
    def enricher(self) -> Enricher:
        """What tells networks, places and programs."""
        from core.enrich.enricher import Enricher

        return Enricher(self.settings.data_dir, self.settings.geoip_city_db, self.settings.geoip_asn_db)

    @cached_property
    def hits(self) -> HitStore:
        """What stores and judges hits."""
        from core.alerts.planning import plan_alerts
        from core.hits.store import HitStore

        # The enricher is opened at the first hit: who only judges again needs no database of places.
        return HitStore(self.sessions, lambda *hit: self.enricher.describe(*hit), self.keys.ring, plan_alerts)

    def refresh(self) -> None:
        """Take up data files that changed, and forget what is not to be held for long. Cheap to call often."""
        now = time.monotonic()
        self.enricher.refresh()
        if now - self._forgot_at >= _FORGET_SECONDS:
            self._forgot_at = now
            self.hits.forget_addresses()

    _forgot_at = 0.0

    @property
    def redis_url(self) -> str:
        """Where Redis is."""
        return redis_url(self.settings)
