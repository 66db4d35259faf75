"""Limits on what strangers try: counted by the network that they come from, never by a whole address.

What is guessed here (links, states, tokens) has 120 random bits or more, so the limits only keep the load of trying
small. They are wide enough for an office behind one address.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from werkzeug.exceptions import TooManyRequests

from core.web.api.rate_limit import RateLimiter
from core.web.clients import find_client_network
from core.web.services import WebServices
from core.web.translation import gettext

WINDOW_MINUTES: Final = 10


class Trial(Enum):
    """What is limited: its name, and how often a network may do it in ten minutes."""

    SIGNIN_LINK = ("signin", 20)  # wrong one-time links
    INVITATION = ("invitation", 20)  # wrong invitations
    CONNECT = ("connect", 60)  # sign-ins begun at a provider
    CALLBACK = ("callback", 60)  # answers of a provider that did not verify
    METRICS = ("metrics", 20)  # wrong tokens

    @property
    def label(self) -> str:
        """Name it in keys."""
        return self.value[0]

    @property
    def most(self) -> int:
        """Say how often."""
        return self.value[1]


class Throttles:
    """The limits of one application."""

    def __init__(self, services: WebServices) -> None:
        self._trusted = services.settings.trusted_proxies
        self._limiters = {
            trial: RateLimiter(services.redis_url, trial.most, minutes=WINDOW_MINUTES, name=f"mailerplex-{trial.label}")
            for trial in Trial
        }

    def refuse_after_failures(self, trial: Trial) -> None:
        """Answer 429 to a network that failed too often already; counts nothing."""
        _refuse(self._limiters[trial].look(find_client_network(self._trusted)))

    def count_failure(self, trial: Trial) -> None:
        """Count a failure of the network that asks."""
        self._limiters[trial].hit(find_client_network(self._trusted))

    def count(self, trial: Trial) -> None:
        """Count a request, and answer 429 if it is one too many."""
        _refuse(self._limiters[trial].hit(find_client_network(self._trusted)))


def _refuse(wait_seconds: int | None) -> None:
    if wait_seconds is None:
        return
    minutes = -(-wait_seconds // 60)
    text = gettext("Too many tries came from your network. Please try again in %(minutes)s min.") % {"minutes": minutes}
    raise TooManyRequests(text, retry_after=wait_seconds)
