"""What has to be entered in each provider's console, as text: for people who set an installation up.

The scopes are those of the features that are ready; a test holds them against what the connectors ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.wording import mark

_GOOGLE_API: Final = "https://www.googleapis.com/auth/"


@dataclass(frozen=True, slots=True)
class ScopeUse:
    """Scopes, and what they are asked for."""

    purpose: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Console:
    """One provider's console. `topic` names the help page."""

    provider: str
    title: str
    url: str
    topic: str
    uses: tuple[ScopeUse, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        """All scopes, in order."""
        return tuple(dict.fromkeys(scope for use in self.uses for scope in use.scopes))


CONSOLES: Final = (
    Console(
        "google",
        "Google",
        "https://console.cloud.google.com/auth/clients",
        "google",
        (
            ScopeUse(mark("signing in"), ("openid", "email", "profile")),
            ScopeUse(mark("sending in your name"), (f"{_GOOGLE_API}gmail.send",)),
        ),
    ),
    Console(
        "microsoft",
        "Microsoft",
        "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
        "microsoft",
        (
            ScopeUse(mark("signing in"), ("openid", "email", "profile", "offline_access")),
            ScopeUse(mark("sending in your name"), ("Mail.Send",)),
        ),
    ),
)


def redirect_uri(public_url: str, provider: str) -> str:
    """Name the address that a provider sends browsers back to; its console must list it to the letter."""
    return f"{public_url}/connect/{provider}/callback"
