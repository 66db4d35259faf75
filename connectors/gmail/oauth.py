"""Google sign-in and consent: OpenID Connect with PKCE, offline access, incremental scopes. Authlib does OAuth 2.0.

Sources: https://developers.google.com/identity/openid-connect/openid-connect and
https://developers.google.com/identity/protocols/oauth2/web-server.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from core.accounts.id_tokens import Claims, IdTokenVerifier
from core.errors import ProviderError, ReauthorisationError, UnavailableError
from core.ports import (
    Authorization,
    AuthorizationAnswer,
    AuthorizationRequest,
    Feature,
    Grant,
    Identity,
    Tokens,
)
from core.wording import mark

TIMEOUT_SECONDS: Final = 10
_DISCOVERY_SECONDS: Final = 3600.0
_DEFAULT_LIFETIME_SECONDS: Final = 3600
_API: Final = "https://www.googleapis.com/auth/"
IDENTITY: Final = frozenset({"openid", "email", "profile"})
# Google answers with these names for two of the scopes that it is asked for.
_ALIASES: Final = {f"{_API}userinfo.email": "email", f"{_API}userinfo.profile": "profile"}

FEATURES: Final = (
    Feature(
        "replies",
        mark("Replies and bounces"),
        frozenset({f"{_API}gmail.metadata"}),
        mark("Gmail's headers, never its texts, tell which tracked messages were answered or came back."),
        mark("Replies and bounces of tracked messages appear on their timelines."),
    ),
    Feature(
        "send",
        mark("Sending in your name"),
        frozenset({f"{_API}gmail.send"}),
        mark(
            "A test message to yourself goes out through your own mailbox. "
            "This lets MailerPlex send mail, not read any."
        ),
        mark("MailerPlex can send your test message through this mailbox."),
        is_ready=True,
    ),
)


class GoogleProvider:
    """Google, or another OpenID provider that behaves like it, found by its discovery document."""

    name = "google"
    title = "Google"
    removal_url = "https://myaccount.google.com/connections"

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        issuer_url: str,
        *,
        features: tuple[Feature, ...] = FEATURES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.features = features
        self._client_id = client_id
        self._client_secret = client_secret
        self._issuer_url = issuer_url.rstrip("/")
        self._clock = clock
        self._discovered: tuple[float, Mapping[str, Any]] | None = None
        self._verifier = IdTokenVerifier(client_id, lambda: self._fetch(self._endpoint("jwks_uri")), self._is_issuer)

    def admin_consent_url(self, redirect_uri: str) -> str | None:
        """Return None: Workspace admins allow an app in their console."""
        return None

    def authorize(self, request: AuthorizationRequest) -> Authorization:
        """Build the address to send a browser to. Sign-in asks for no offline access and for no earlier grants."""
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        options: dict[str, str] = {"nonce": nonce}
        if request.scopes:
            # Without prompt=consent Google sends a refresh token at the first consent only.
            options |= {"access_type": "offline", "include_granted_scopes": "true", "prompt": "consent"}
        else:
            options["prompt"] = "select_account"
        if request.login_hint:
            options["login_hint"] = request.login_hint
        with self._client(request.redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=request.state,
                code_verifier=verifier,
                scope=" ".join(sorted(IDENTITY | request.scopes)),
                **options,
            )
        return Authorization(url, verifier, nonce)

    def exchange(self, answer: AuthorizationAnswer) -> Grant:
        """Exchange a code, and verify the ID token that comes with the tokens."""
        endpoint = self._endpoint("token_endpoint")
        with self._client(answer.redirect_uri) as client:
            received = client.fetch_token(
                endpoint,
                grant_type="authorization_code",
                code=answer.code,
                redirect_uri=answer.redirect_uri,
                code_verifier=answer.verifier,
            )
        if not isinstance(received.get("id_token"), str):
            raise ProviderError("no ID token came")
        claims = self._verifier.verify(received["id_token"], answer.nonce)
        return Grant(_parse_identity(claims), self._parse_tokens(received, answer.scopes))

    def refresh(self, refresh_token: str, scopes: frozenset[str]) -> Tokens:
        """Renew an access token, with all that was granted."""
        endpoint = self._endpoint("token_endpoint")
        with self._client() as client:
            received = client.refresh_token(endpoint, refresh_token=refresh_token)
        return self._parse_tokens(received, scopes)

    def revoke(self, refresh_token: str) -> bool:
        """Take the grant back (RFC 7009). Google answers 400 for a token that is gone already."""
        endpoint = self._discover().get("revocation_endpoint")
        if not isinstance(endpoint, str):
            return False
        with self._client() as client:
            answer = client.revoke_token(endpoint, token=refresh_token)
        if answer.status_code >= 500:
            raise UnavailableError("Google could not revoke just now.")
        return answer.status_code in (200, 400)

    @contextmanager
    def _client(self, redirect_uri: str | None = None) -> Iterator[OAuth2Session]:
        """Open a client; what it raises becomes our errors, without what the provider wrote."""
        try:
            with OAuth2Session(
                self._client_id,
                self._client_secret,
                redirect_uri=redirect_uri,
                code_challenge_method="S256",
                default_timeout=TIMEOUT_SECONDS,
            ) as client:
                yield client
        except OAuthError as error:
            raise _translate(error) from error
        except (requests.RequestException, ValueError) as error:
            raise UnavailableError(f"Google could not be asked: {type(error).__name__}.") from error

    def _discover(self) -> Mapping[str, Any]:
        if self._discovered is None or time.monotonic() - self._discovered[0] > _DISCOVERY_SECONDS:
            found = self._fetch(f"{self._issuer_url}/.well-known/openid-configuration")
            # OpenID Connect Discovery, 4.3: else another issuer's document could be slipped in.
            if str(found.get("issuer", "")).rstrip("/") != self._issuer_url:
                raise ProviderError("the discovery document is another issuer's")
            self._discovered = (time.monotonic(), found)
        return self._discovered[1]

    def _endpoint(self, name: str) -> str:
        found = self._discover().get(name)
        if not isinstance(found, str) or not found.startswith(("https://", self._issuer_url)):
            raise ProviderError(f"the discovery document has no safe {name}")
        return found

    @staticmethod
    def _fetch(url: str) -> Mapping[str, Any]:
        try:
            answer = requests.get(url, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise UnavailableError(f"Google could not be asked: {type(error).__name__}.") from error
        if not isinstance(found, dict):
            raise ProviderError("what should be a JSON object is none")
        return found

    def _is_issuer(self, claims: Claims, _key: Claims) -> bool:
        # Google's own tokens may leave out the scheme.
        return claims["iss"] in (self._issuer_url, self._issuer_url.removeprefix("https://"))

    def _parse_tokens(self, received: Mapping[str, Any], asked: frozenset[str]) -> Tokens:
        """Read a token answer; scopes beyond identity. Without `scope` it is what was asked for (RFC 6749, 5.1)."""
        if not isinstance(received.get("access_token"), str):
            raise ProviderError("no access token came")
        written = received.get("scope")
        scopes = frozenset(_ALIASES.get(word, word) for word in written.split()) if isinstance(written, str) else asked
        refresh_token = received.get("refresh_token")
        seconds = received.get("expires_in", _DEFAULT_LIFETIME_SECONDS)
        lifetime = timedelta(seconds=int(seconds) if str(seconds).isdigit() else _DEFAULT_LIFETIME_SECONDS)
        return Tokens(
            received["access_token"],
            refresh_token if isinstance(refresh_token, str) else None,
            self._clock() + lifetime,
            scopes - IDENTITY,
        )


def _parse_identity(claims: Claims) -> Identity:
    email, name = claims.get("email"), claims.get("name")
    # Without `hd` Google once checked the address, but does not run its domain's accounts.
    organisation = claims.get("hd")
    return Identity(
        subject=str(claims["sub"]),
        email=email if isinstance(email, str) else None,
        is_email_verified=claims.get("email_verified") is True,
        name=name if isinstance(name, str) else None,
        organisation=organisation.lower() if isinstance(organisation, str) else None,
    )


def _translate(error: OAuthError) -> Exception:
    code = cast(str | None, error.error)
    if code == "invalid_grant":
        return ReauthorisationError("Google no longer honours what was granted.")
    if code in ("temporarily_unavailable", "server_error"):
        return UnavailableError("Google could not answer just now.")
    return ProviderError(f"Google refused: {code}")
