"""Tests of `connectors.gmail.oauth` against a published OpenID provider for tests (oidc-provider-mock)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.gmail.oauth import GoogleProvider
from core.errors import ProviderError, ReauthorisationError, UnavailableError, VerificationError
from core.ports import AuthorizationAnswer, AuthorizationRequest, Grant
from tests.fakes.openid import OpenIdProvider, serve
from tests.support.openid import READY, REPLIES, make_google

BACK = "http://127.0.0.1:8000/connect/google/callback"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The published provider, on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider's own check, for it serves plain http
        import oidc_provider_mock

        ann = oidc_provider_mock.User(
            sub="ann", claims={"email": "ann@example.com", "email_verified": True, "name": "Ann"}
        )
        with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=[ann]) as server:
            yield f"http://localhost:{server.server_port}"


@pytest.fixture
def google(issuer: str) -> GoogleProvider:
    """Google's connector on it."""
    return GoogleProvider("any-client", "any-secret", issuer, features=READY)


def visit(
    google: GoogleProvider, scopes: frozenset[str], form: dict[str, str]
) -> tuple[AuthorizationAnswer, dict[str, str]]:
    """Agree or decline on the provider's page; return the answer to exchange, and the callback's query."""
    begun = google.authorize(AuthorizationRequest(BACK, "state-1", scopes))
    answered = requests.post(begun.url, data=form, allow_redirects=False, timeout=10)
    assert answered.status_code == 302, answered.text
    query = {name: values[0] for name, values in parse_qs(urlsplit(answered.headers["Location"]).query).items()}
    return AuthorizationAnswer(query.get("code", ""), BACK, "state-1", scopes, begun.verifier, begun.nonce), query


def agree(google: GoogleProvider, scopes: frozenset[str] = frozenset()) -> Grant:
    """Sign in as Ann."""
    answer, query = visit(google, scopes, {"sub": "ann"})
    assert query["state"] == "state-1"
    return google.exchange(answer)


def test_an_identity_is_verified_and_read(google: GoogleProvider) -> None:
    identity = agree(google).identity
    assert (identity.subject, identity.email, identity.is_email_verified) == ("ann", "ann@example.com", True)


def test_scopes_that_were_not_granted_are_not_taken_for_granted(google: GoogleProvider) -> None:
    # This provider grants identity scopes only.
    assert agree(google, frozenset({REPLIES})).tokens.scopes == frozenset()


def test_declining_comes_back_as_an_error(google: GoogleProvider) -> None:
    _, query = visit(google, frozenset(), {"action": "deny"})
    assert query["error"] == "access_denied"


def test_a_code_works_once(google: GoogleProvider) -> None:
    answer, _ = visit(google, frozenset(), {"sub": "ann"})
    google.exchange(answer)
    with pytest.raises((ReauthorisationError, ProviderError)):
        google.exchange(answer)


def test_a_nonce_of_another_sign_in_is_refused(google: GoogleProvider) -> None:
    answer, _ = visit(google, frozenset(), {"sub": "ann"})
    with pytest.raises(VerificationError, match="another sign-in"):
        google.exchange(replace(answer, nonce="another"))


def test_tokens_are_renewed_until_they_are_revoked(google: GoogleProvider, issuer: str) -> None:
    tokens = agree(google).tokens
    assert tokens.refresh_token is not None
    renewed = google.refresh(tokens.refresh_token, frozenset())
    assert renewed.access_token != tokens.access_token
    assert requests.post(f"{issuer}/users/ann/revoke-tokens", timeout=10).status_code == 204
    with pytest.raises(ReauthorisationError):
        google.refresh(tokens.refresh_token, frozenset())


def test_a_provider_without_revocation_says_so(google: GoogleProvider) -> None:
    assert google.revoke("a token") is False


def test_a_discovery_document_of_another_issuer_is_refused() -> None:
    with serve(OpenIdProvider(path="/another")) as provider, pytest.raises(ProviderError):
        make_google(provider).authorize(AuthorizationRequest(BACK, "state-1"))


def test_a_provider_that_is_not_there_is_unavailable() -> None:
    with serve(OpenIdProvider()) as provider:
        gone = make_google(provider)
    with pytest.raises(UnavailableError):
        gone.authorize(AuthorizationRequest(BACK, "state-1"))


def test_google_names_for_identity_scopes_and_a_loose_issuer_are_understood() -> None:
    google = GoogleProvider("client", "secret", "https://accounts.google.com")
    written = "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/gmail.metadata"
    assert google._parse_tokens({"access_token": "a", "scope": written}, frozenset()).scopes == {REPLIES}
    assert google._is_issuer({"iss": "accounts.google.com"}, {})
    assert not google._is_issuer({"iss": "https://accounts.google.com.evil.example"}, {})
