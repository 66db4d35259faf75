"""Tests of `connectors.outlook.oauth`: real MSAL against an authority on loopback, over TLS with a CA of the tests."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import trustme

from connectors.outlook.oauth import FEATURES, MicrosoftProvider
from core.errors import ReauthorisationError, UnavailableError, VerificationError
from core.ports import AuthorizationAnswer, AuthorizationRequest, Grant
from tests.fakes.openid import CLIENT_ID, CLIENT_SECRET, TENANT, OpenIdProvider, make_key, serve

BACK = "https://track.example.com/connect/microsoft/callback"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
READY = tuple(replace(feature, is_ready=True) for feature in FEATURES)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    """A certificate for loopback, whose CA this process trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(file))
        yield context


@pytest.fixture
def authority(tls: ssl.SSLContext) -> Iterator[OpenIdProvider]:
    """An authority with one tenant."""
    user = {"sub": "pairwise", "tid": TENANT, "oid": "ann-1", "email": "ann@example.com", "name": "Ann"}
    with serve(OpenIdProvider(path=f"/{TENANT}/v2.0", user=user), tls) as provider:
        yield provider


@pytest.fixture
def microsoft(authority: OpenIdProvider) -> MicrosoftProvider:
    """Microsoft's connector for one tenant."""
    return make(authority)


def make(authority: OpenIdProvider, tenant: str = TENANT) -> MicrosoftProvider:
    """Make the connector."""
    return MicrosoftProvider(CLIENT_ID, CLIENT_SECRET, tenant, authority.url, features=READY)


def visit(
    microsoft: MicrosoftProvider, scopes: frozenset[str] = frozenset(), held: frozenset[str] = frozenset()
) -> AuthorizationAnswer:
    """Go to the authority and come back."""
    begun = microsoft.authorize(AuthorizationRequest(BACK, "state-1", scopes, held, "ann@example.com"))
    answered = requests.get(begun.url, allow_redirects=False, timeout=10)
    query = parse_qs(urlsplit(answered.headers["Location"]).query)
    return AuthorizationAnswer(query["code"][0], BACK, query["state"][0], scopes, begun.verifier, begun.nonce)


def connect(microsoft: MicrosoftProvider, scopes: frozenset[str] = frozenset()) -> Grant:
    """Go to the authority and take up what it grants."""
    return microsoft.exchange(visit(microsoft, scopes))


def test_people_are_told_apart_by_tenant_and_object(microsoft: MicrosoftProvider) -> None:
    identity = connect(microsoft).identity
    assert (identity.subject, identity.email, identity.name) == (f"{TENANT}/ann-1", "ann@example.com", "Ann")


def test_signing_in_asks_for_no_lasting_access(microsoft: MicrosoftProvider, authority: OpenIdProvider) -> None:
    assert connect(microsoft).tokens.refresh_token is None
    asked = authority.asked[0]
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"


def test_connecting_grants_and_renews_with_a_new_refresh_token_each_time(
    microsoft: MicrosoftProvider, authority: OpenIdProvider
) -> None:
    tokens = connect(microsoft, frozenset({"Mail.Send"})).tokens
    assert tokens.scopes == {"Mail.Send"}
    assert tokens.refresh_token is not None
    renewed = microsoft.refresh(tokens.refresh_token, tokens.scopes)
    assert renewed.refresh_token not in (None, tokens.refresh_token)
    assert renewed.scopes == {"Mail.Send"}
    with pytest.raises(ReauthorisationError):
        microsoft.refresh(tokens.refresh_token, tokens.scopes)


def test_asking_for_more_asks_for_what_was_held_too(microsoft: MicrosoftProvider, authority: OpenIdProvider) -> None:
    visit(microsoft, frozenset({"Mail.Send"}), held=frozenset({"Mail.ReadBasic"}))
    assert {"Mail.Send", "Mail.ReadBasic", "offline_access"} <= set(authority.asked[0]["scope"].split())
    assert authority.asked[0]["login_hint"] == "ann@example.com"


def test_a_partial_grant_is_read_as_such(microsoft: MicrosoftProvider, authority: OpenIdProvider) -> None:
    authority.grants = {"Mail.ReadBasic"}
    assert connect(microsoft, frozenset({"Mail.Send", "Mail.ReadBasic"})).tokens.scopes == {"Mail.ReadBasic"}


def test_a_code_works_once(microsoft: MicrosoftProvider) -> None:
    answer = visit(microsoft)
    microsoft.exchange(answer)
    with pytest.raises(ReauthorisationError):
        microsoft.exchange(answer)


def test_a_code_works_only_with_its_verifier(microsoft: MicrosoftProvider) -> None:
    with pytest.raises(ReauthorisationError):
        microsoft.exchange(replace(visit(microsoft), verifier="another-verifier-of-forty-three-characters-x"))


def test_a_nonce_of_another_sign_in_is_refused(microsoft: MicrosoftProvider) -> None:
    with pytest.raises(VerificationError):
        microsoft.exchange(replace(visit(microsoft), nonce="another"))


# All of these MSAL itself accepts.
@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(lambda claims: {**claims, "exp": claims["exp"] - 7200}, id="expired"),
        pytest.param(lambda claims: {**claims, "aud": "another"}, id="audience"),
        pytest.param(lambda claims: {**claims, "iss": "https://evil.example"}, id="issuer"),
        pytest.param(lambda claims: {**claims, "tid": "99999999-2222-4333-8444-555555555555"}, id="tenant"),
        pytest.param(lambda claims: {**claims, "tid": "common"}, id="no tenant"),
    ],
)
def test_an_id_token_that_says_something_else_is_refused(
    microsoft: MicrosoftProvider, authority: OpenIdProvider, lie: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    authority.lie = lie
    with pytest.raises(VerificationError):
        connect(microsoft)


def test_an_id_token_signed_by_another_is_refused(microsoft: MicrosoftProvider, authority: OpenIdProvider) -> None:
    authority.signing_key = make_key()
    with pytest.raises(VerificationError):
        connect(microsoft)


@pytest.mark.parametrize(
    ("tenant", "tid", "is_allowed"),
    [
        ("common", TENANT, True),
        ("common", CONSUMERS, True),
        ("organizations", TENANT, True),
        ("organizations", CONSUMERS, False),
        ("consumers", CONSUMERS, True),
        ("consumers", TENANT, False),
        (TENANT, TENANT, True),
        (TENANT, CONSUMERS, False),
        ("common", "not-a-guid", False),
    ],
)
def test_each_tenant_is_an_issuer_of_its_own_and_only_those_allowed_sign_in(
    tenant: str, tid: str, is_allowed: bool
) -> None:
    microsoft = MicrosoftProvider("client", "secret", tenant, "https://login.example")
    microsoft._issuer = "https://login.example/{tenantid}/v2.0"
    assert microsoft._is_issuer({"tid": tid, "iss": f"https://login.example/{tid}/v2.0"}, {}) is is_allowed
    assert not microsoft._is_issuer({"tid": tid, "iss": "https://login.example/{tenantid}/v2.0"}, {})
    own_key = {"issuer": f"https://login.example/{CONSUMERS}/v2.0"}
    expected = is_allowed and tid == CONSUMERS
    assert microsoft._is_issuer({"tid": tid, "iss": f"https://login.example/{tid}/v2.0"}, own_key) is expected


@pytest.mark.parametrize(
    ("tenant", "claims", "is_verified"),
    [
        ("common", {}, False),
        ("common", {"email_verified": True}, False),
        ("common", {"xms_edov": False}, False),
        ("common", {"xms_edov": "0"}, False),
        ("common", {"xms_edov": True}, True),
        ("common", {"xms_edov": "1"}, True),
        (TENANT, {}, True),
    ],
)
def test_an_address_that_any_tenants_admin_could_set_is_not_verified(
    tenant: str, claims: dict[str, Any], is_verified: bool
) -> None:
    microsoft = MicrosoftProvider("client", "secret", tenant, "https://login.example")
    identity = microsoft._parse_identity({"tid": TENANT, "oid": "1", "email": "owner@example.com", **claims})
    assert identity.is_email_verified is is_verified


def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(
    authority: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(UnavailableError):
        make(authority).authorize(AuthorizationRequest(BACK, "state-1"))


def test_an_admin_can_agree_for_all_in_organisations_only() -> None:
    organisation = MicrosoftProvider("client", "secret", "common", "https://login.example", features=READY)
    link = organisation.admin_consent_url(BACK) or ""
    assert link.startswith("https://login.example/organizations/v2.0/adminconsent?")
    assert set(parse_qs(urlsplit(link).query)["scope"][0].split()) >= {"Mail.Send", "Mail.ReadBasic"}
    personal = MicrosoftProvider("client", "secret", "consumers", "https://login.example")
    assert personal.admin_consent_url(BACK) is None
    assert personal.revoke("a token") is False
