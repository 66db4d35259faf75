"""What the start page shows of providers' credentials: where they come from, and what their console must list."""

from __future__ import annotations

from dataclasses import dataclass

from core.accounts.providers.consoles import CONSOLES, Console, redirect_uri
from core.accounts.providers.credentials import ClientCredentials
from core.web.pages.start.facts import Facts
from core.web.services import WebServices


@dataclass(frozen=True, slots=True)
class ShownCredentials:
    """One provider's part of the page. `state`: "environment", "pasted" or "none"; a secret is never shown."""

    console: Console
    redirect_uri: str
    state: str
    client_id: str | None
    tenant: str | None


def describe_credentials(services: WebServices, facts: Facts) -> list[ShownCredentials]:
    """Describe each provider's credentials, for those who may set them; empty where nothing can be pasted in."""
    if services.registry is None or not facts.is_operator:
        return []
    known = services.registry.credentials()
    return [_describe(services, console, known.get(console.provider)) for console in CONSOLES]


def _describe(services: WebServices, console: Console, found: ClientCredentials | None) -> ShownCredentials:
    return ShownCredentials(
        console,
        redirect_uri(services.settings.public_url, console.provider),
        found.source.value if found is not None else "none",
        found.client_id if found is not None else None,
        found.tenant if found is not None else None,
    )
