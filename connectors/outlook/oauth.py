"""Microsoft sign-in and consent: MSAL's authorization-code flow with PKCE; the ID token is verified here.

MSAL 1.38 and newer verify neither signature nor audience nor time of an ID token. Source of the claims' meaning:
https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

import msal
import requests

from core.accounts.id_tokens import Claims, IdTokenVerifier
from core.errors import ProviderError, ReauthorisationError, UnavailableError, VerificationError
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

# A form_post answer would come without our SameSite=Lax cookie, which the state is bound to.
warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended")

TIMEOUT_SECONDS: Final = 10
_DEFAULT_LIFETIME_SECONDS: Final = 3600
_CONSUMERS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Asked for with every sign-in, the last for lasting access only; none says anything about a mailbox.
IDENTITY: Final = frozenset({"openid", "profile", "email", "offline_access"})

FEATURES: Final = (
    Feature(
        "replies",
        mark("Replies and bounces"),
        frozenset({"Mail.ReadBasic"}),
        mark("Outlook's headers, never its texts, tell which tracked messages were answered or came back."),
        mark("Replies and bounces of tracked messages appear on their timelines."),
    ),
    Feature(
        "send",
        mark("Sending in your name"),
        frozenset({"Mail.Send"}),
        mark(
            "A test message to yourself goes out through your own mailbox. "
            "This lets MailerPlex send mail, not read any."
        ),
        mark("MailerPlex can send your test message through this mailbox."),
        is_ready=True,
    ),
)


class MicrosoftProvider:
    """Microsoft Entra and personal Microsoft accounts, of one tenant or of several."""

    name = "microsoft"
    title = "Microsoft"

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        tenant: str,
        authority_url: str,
        *,
        features: tuple[Feature, ...] = FEATURES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.features = features
        self._client_id = client_id
        self._client_secret = client_secret
        self._tenant = tenant
        self._authority = f"{authority_url}/{tenant}"
        self._clock = clock
        self._http_cache: dict[str, object] = {}  # MSAL keeps discovery documents there, never tokens
        self._issuer = ""
        self._verifier = IdTokenVerifier(client_id, self._fetch_keys, self._is_issuer)

    @property
    def removal_url(self) -> str:
        """Personal accounts and those of organisations have different places."""
        personal = "https://account.live.com/consent/Manage"
        return personal if self._tenant == "consumers" else "https://myapps.microsoft.com"

    def admin_consent_url(self, redirect_uri: str) -> str | None:
        """Where an organisation's admin consents for all (Entra, v2.0 admin consent endpoint)."""
        if self._tenant == "consumers":
            return None
        tenant = "organizations" if self._tenant == "common" else self._tenant
        scopes = sorted(
            {scope for feature in self.features if feature.is_ready for scope in feature.scopes} | {"email"}
        )
        query = urlencode({"client_id": self._client_id, "scope": " ".join(scopes), "redirect_uri": redirect_uri})
        return f"{self._authority.rsplit('/', 1)[0]}/{tenant}/v2.0/adminconsent?{query}"

    def authorize(self, request: AuthorizationRequest) -> Authorization:
        """Build the address to send a browser to. What was granted before is asked for again: Entra keeps no union."""
        scopes = request.scopes and request.scopes | request.held
        with _translated():
            flow = self._app(is_lasting=bool(scopes)).initiate_auth_code_flow(
                sorted({"email"} | scopes),
                redirect_uri=request.redirect_uri,
                state=request.state,
                login_hint=request.login_hint,
                prompt=None if scopes else "select_account",
            )
        return Authorization(flow["auth_uri"], flow["code_verifier"], flow["nonce"])

    def exchange(self, answer: AuthorizationAnswer) -> Grant:
        """Exchange a code, and verify the ID token that comes with the tokens."""
        flow = {
            "state": answer.state,
            "redirect_uri": answer.redirect_uri,
            "scope": sorted({"email"} | answer.scopes),
            "code_verifier": answer.verifier,
            "nonce": answer.nonce,
        }
        with _translated():
            app = self._app(is_lasting=bool(answer.scopes))
            received = app.acquire_token_by_auth_code_flow(flow, {"code": answer.code, "state": answer.state})
        _raise_refusal(received)
        if not isinstance(received.get("id_token"), str):
            raise ProviderError("no ID token came")
        # MSAL sends the nonce's digest, so that is what comes back.
        claims = self._verifier.verify(received["id_token"], sha256(answer.nonce.encode()).hexdigest())
        return Grant(self._parse_identity(claims), self._parse_tokens(received, answer.scopes))

    def refresh(self, refresh_token: str, scopes: frozenset[str]) -> Tokens:
        """Renew an access token; the refresh token is usually a new one each time."""
        with _translated():
            received = self._app().acquire_token_by_refresh_token(refresh_token, sorted({"email"} | scopes))
        _raise_refusal(received)
        return self._parse_tokens(received, scopes)

    def revoke(self, refresh_token: str) -> bool:
        """Return False: Microsoft lets people take back what they granted, and apps not."""
        return False

    def _app(self, *, is_lasting: bool = True) -> msal.ConfidentialClientApplication:
        """Make an MSAL application for one call, so that its cache keeps no one's tokens."""
        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=self._client_secret,
            authority=self._authority,
            instance_discovery=False,  # the operator chose the authority
            exclude_scopes=None if is_lasting else ["offline_access"],
            http_cache=self._http_cache,
            timeout=TIMEOUT_SECONDS,
        )

    def _fetch_keys(self) -> Mapping[str, Any]:
        found = _fetch(f"{self._authority}/v2.0/.well-known/openid-configuration")
        issuer, keys = found.get("issuer"), found.get("jwks_uri")
        if not isinstance(issuer, str) or not isinstance(keys, str) or not keys.startswith("https://"):
            raise ProviderError("the discovery document names no issuer or no keys")
        self._issuer = issuer
        return _fetch(keys)

    def _is_issuer(self, claims: Claims, key: Claims) -> bool:
        """Say whether the token is of a tenant that may sign in; of several tenants, each is an issuer of its own."""
        tenant = str(claims.get("tid", ""))
        issuers = [
            str(template).replace("{tenantid}", tenant) for template in (self._issuer, key.get("issuer", self._issuer))
        ]
        return (
            _GUID.fullmatch(tenant) is not None
            and all(issuer == claims["iss"] for issuer in issuers)
            and self._is_tenant_allowed(tenant)
        )

    def _is_tenant_allowed(self, tenant: str) -> bool:
        if self._tenant == "organizations":
            return tenant != _CONSUMERS
        if self._tenant == "consumers":
            return tenant == _CONSUMERS
        # A domain's discovery document names its tenant as the only issuer.
        return tenant == self._tenant if _GUID.fullmatch(self._tenant) else True

    def _parse_identity(self, claims: Claims) -> Identity:
        """Read who it is. People are told apart by tenant and object; `email` can be set by any tenant's admin.

        So the address counts as verified only where Entra says that the domain's owner was checked (the optional claim
        xms_edov), or where the one tenant allowed is the operator's own.
        """
        subject, email, name = claims.get("oid"), claims.get("email"), claims.get("name")
        if not isinstance(subject, str):
            raise ProviderError("the ID token names no account")
        is_own_tenant = self._tenant not in ("common", "organizations", "consumers")
        is_verified = is_own_tenant or claims.get("xms_edov") in (True, 1, "1", "true")
        is_organisation = is_verified and claims["tid"] != _CONSUMERS and isinstance(email, str) and "@" in email
        return Identity(
            subject=f"{claims['tid']}/{subject}",
            email=email if isinstance(email, str) else None,
            is_email_verified=is_verified,
            name=name if isinstance(name, str) else None,
            organisation=str(email).rpartition("@")[2].lower() if is_organisation else None,
        )

    def _parse_tokens(self, received: Mapping[str, Any], asked: frozenset[str]) -> Tokens:
        if not isinstance(received.get("access_token"), str):
            raise ProviderError("no access token came")
        written, refresh_token = received.get("scope"), received.get("refresh_token")
        # A scope may be written with its resource before it: https://graph.microsoft.com/Mail.Send.
        scopes = frozenset(word.rsplit("/", 1)[-1] for word in written.split()) if isinstance(written, str) else asked
        seconds = received.get("expires_in", _DEFAULT_LIFETIME_SECONDS)
        lifetime = timedelta(seconds=int(seconds) if str(seconds).isdigit() else _DEFAULT_LIFETIME_SECONDS)
        return Tokens(
            received["access_token"],
            refresh_token if isinstance(refresh_token, str) else None,
            self._clock() + lifetime,
            scopes - IDENTITY,
        )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what MSAL raises into our errors, without what the provider wrote."""
    try:
        yield
    except requests.RequestException as error:
        raise UnavailableError(f"Microsoft could not be asked: {type(error).__name__}.") from error
    except (ValueError, RuntimeError) as error:  # no such tenant; a nonce or state that is another's
        raise VerificationError("Microsoft's answer does not fit what was asked") from error


def _raise_refusal(received: Mapping[str, Any]) -> None:
    code = received.get("error")
    if code is None:
        return
    if code in ("invalid_grant", "interaction_required", "consent_required"):
        raise ReauthorisationError("Microsoft no longer honours what was granted.")
    if code in ("temporarily_unavailable", "server_error"):
        raise UnavailableError("Microsoft could not answer just now.")
    raise ProviderError(f"Microsoft refused: {code}")


def _fetch(url: str) -> Mapping[str, Any]:
    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise UnavailableError(f"Microsoft could not be asked: {type(error).__name__}.") from error
    if not isinstance(found, dict):
        raise ProviderError("what should be a JSON object is none")
    return found
