"""The providers that can be used now: built from credentials when first asked for, anew when those change.

Looking up costs a small query at most once a second, so web processes and workers take up what was pasted in without
a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.accounts.providers.credentials import ClientCredentials, load_pasted, load_version
from core.keys import KeyRing
from core.ports import IdentityProvider
from core.storage.engine import Sessions
from core.storage.sealing import Sealer

log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 1.0

Build = Callable[[ClientCredentials], IdentityProvider]


class ProviderRegistry(Mapping[str, IdentityProvider]):
    """The usable providers by name, in the order of `builders`. What the environment sets wins."""

    def __init__(
        self,
        builders: Mapping[str, Build],
        environment: Mapping[str, ClientCredentials],
        reading_sessions: Sessions,
        ring: Callable[[], KeyRing],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._builders = builders
        self._environment = environment
        self._reading_sessions = reading_sessions
        self._ring = ring
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._version: object = None
        self._credentials: dict[str, ClientCredentials] = dict(environment)
        self._built: dict[str, tuple[ClientCredentials, IdentityProvider]] = {}

    def __getitem__(self, name: str) -> IdentityProvider:
        """Return a provider. Raises KeyError if there are no credentials of it."""
        credentials = self.credentials()[name]
        with self._lock:
            built = self._built.get(name)
            if built is None or built[0] != credentials:
                built = self._built[name] = (credentials, self._builders[name](credentials))
            return built[1]

    def __iter__(self) -> Iterator[str]:
        """Name the providers."""
        known = self.credentials()
        return iter([name for name in self._builders if name in known])

    def __len__(self) -> int:
        """Count the providers."""
        return len(self.credentials())

    def credentials(self) -> Mapping[str, ClientCredentials]:
        """Return the credentials in use, by provider."""
        with self._lock:
            if self._looked_at is None or self._clock() - self._looked_at >= _LOOK_SECONDS:
                self._look()
                self._looked_at = self._clock()
            return self._credentials

    def forget(self) -> None:
        """Look again at the next use: credentials were just changed by this process."""
        with self._lock:
            self._looked_at = None

    def _look(self) -> None:
        try:
            with self._reading_sessions() as session:
                ring = self._ring()
                version = (load_version(session), ring)
                if version == self._version:
                    return
                pasted = load_pasted(session, Sealer(ring))
        except SQLAlchemyError as error:  # what is known goes on serving
            log.warning("provider_credentials_unreadable", error=type(error).__name__)
            return
        usable = {name: found for name, found in pasted.items() if name in self._builders}
        self._credentials = usable | dict(self._environment)
        self._version = version
