"""What acts for connected accounts: providers from their credentials, access tokens, and senders of mail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.accounts.install.refreshing import TokenSource
from core.accounts.providers.credentials import DEFAULT_TENANT, ClientCredentials, read_environment
from core.accounts.providers.registry import ProviderRegistry
from core.ports import IdentityProvider, MailSender
from core.running.installation import Installation
from core.selftest.carrying import Tools, carry_out
from core.selftest.senders import SmtpSender
from core.settings import Settings
from core.web.services import utc_now


def build_registry(installation: Installation) -> ProviderRegistry:
    """Make the providers' registry of an installation; nothing is built before it is asked for."""
    settings = installation.settings
    return ProviderRegistry(
        {"google": partial(_build_google, settings), "microsoft": partial(_build_microsoft, settings)},
        read_environment(settings),
        installation.reading_sessions,
        lambda: installation.current_ring,
    )


def _build_google(settings: Settings, credentials: ClientCredentials) -> IdentityProvider:
    from connectors.gmail.oauth import GoogleProvider  # only where it is used: it takes a while to import

    return GoogleProvider(credentials.client_id, credentials.client_secret, settings.google_issuer_url)


def _build_microsoft(settings: Settings, credentials: ClientCredentials) -> IdentityProvider:
    from connectors.outlook.oauth import MicrosoftProvider

    tenant = credentials.tenant or DEFAULT_TENANT
    return MicrosoftProvider(credentials.client_id, credentials.client_secret, tenant, settings.microsoft_authority_url)


def build_token_source(installation: Installation, registry: ProviderRegistry) -> TokenSource:
    """Make what hands out access tokens."""
    return TokenSource(
        registry,
        installation.sessions,
        installation.reading_sessions,
        lambda: installation.current_ring,
        utc_now,
    )


def open_gmail(tokens: TokenSource, settings: Settings, connection_id: str) -> MailSender:
    """Open Gmail as a connection's account."""
    from connectors.gmail.client import GmailClient  # heavy, and most processes never send

    return GmailClient(partial(tokens.access_token, connection_id), settings.google_api_url)


def open_graph(tokens: TokenSource, settings: Settings, connection_id: str) -> MailSender:
    """Open Microsoft Graph as a connection's account."""
    from connectors.outlook.client import GraphClient

    return GraphClient(partial(tokens.access_token, connection_id), settings.microsoft_graph_url)


def build_self_test(installation: Installation) -> Callable[[str, str], None]:
    """Return what carries out a user's self-test by the ids of user and run."""
    settings = installation.settings
    tokens = build_token_source(installation, build_registry(installation))
    tools = Tools(
        settings=settings,
        sessions=installation.sessions,
        signer=lambda: installation.signer,
        senders={
            "google": partial(open_gmail, tokens, settings),
            "microsoft": partial(open_graph, tokens, settings),
        },
        smtp=_open_smtp(settings),
        clock=utc_now,
    )
    return partial(carry_out, tools)


def _open_smtp(settings: Settings) -> tuple[MailSender, str] | None:
    from core.alerts.email import create_letterhead
    from core.alerts.smtp import SmtpClient, parse_smtp_url

    if settings.smtp_url is None:
        return None
    server = parse_smtp_url(settings.smtp_url)
    letterhead = create_letterhead(settings, server)
    return SmtpSender(SmtpClient(server, own_name=letterhead.domain), letterhead.sender), letterhead.sender
