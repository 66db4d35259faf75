"""What connectors implement. The provider's own words (parameters, scopes' aliases, errors) stop behind these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a provider's account can be used for, and the scopes that it takes; it works without the others.

    `why` and `works` are sentences for people: why it asks, and what works once granted. A feature that nothing here
    makes use of yet is not ready, and its scopes are not asked for.
    """

    name: str
    title: str
    scopes: frozenset[str]
    why: str
    works: str
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a browser is sent to a provider for. `held` are scopes granted before; without any of `scopes`, sign-in."""

    redirect_uri: str
    state: str
    scopes: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    login_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to send the browser, and what must be remembered until it is back (RFC 7636; OpenID Connect, nonce)."""

    url: str
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthorizationAnswer:
    """The code that a browser came back with, and what was remembered. `scopes` are those asked for."""

    code: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    scopes: frozenset[str]
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, from a verified ID token. `subject` never changes; an address may pass to another person.

    `organisation` is the domain of the organisation that the provider says runs this account, and whose mail it is.
    """

    subject: str
    email: str | None
    is_email_verified: bool
    name: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was granted. `refresh_token` is None where the one held stays good."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """The outcome of a flow."""

    identity: Identity
    tokens: Tokens


class IdentityProvider(Protocol):
    """A provider that people sign in with and connect accounts of. Calls may take seconds, never more than 30.

    All raise UnavailableError where trying again may help, and ProviderError where it does not.
    """

    @property
    def name(self) -> str:
        """The name in URLs: "google"."""

    @property
    def title(self) -> str:
        """The name for people: "Google"."""

    @property
    def features(self) -> Sequence[Feature]:
        """What its accounts can be used for."""

    @property
    def removal_url(self) -> str:
        """Where people take back themselves what they granted."""

    def admin_consent_url(self, redirect_uri: str) -> str | None:
        """Name where an organisation's admin consents for all; None where there is no such thing."""

    def authorize(self, request: AuthorizationRequest) -> Authorization:
        """Build the address to send a browser to."""

    def exchange(self, answer: AuthorizationAnswer) -> Grant:
        """Exchange a code. Raises VerificationError if the ID token does not verify."""

    def refresh(self, refresh_token: str, scopes: frozenset[str]) -> Tokens:
        """Renew an access token. Raises ReauthorisationError where only the user can help."""

    def revoke(self, refresh_token: str) -> bool:
        """Take the grant back. Return False where the provider has no way to: people then do it themselves."""


AccessToken = Callable[[str | None], str]
"""Hands out an access token of one account; given one that the provider refused, a newer one.

Raises ReauthorisationError and UnavailableError, as `core.accounts.install.refreshing` does."""


class MailSender(Protocol):
    """Sends mail from one account. Calls may take seconds, never more than 30, and are never repeated by themselves."""

    def send_message(self, raw: bytes) -> str | None:
        """Send a whole mail (RFC 5322) in the account's name; return the provider's id of it where it tells one.

        Raises ReauthorisationError where only the user can help, UnavailableError (`retry_after_seconds` as the
        provider said) where trying again may, ProviderError where the provider refuses for good.
        """
