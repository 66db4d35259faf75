"""Tests of `core.accounts.id_tokens`; those of what tokens say are with the connectors and the pages."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from core.accounts.id_tokens import IdTokenVerifier
from core.errors import VerificationError
from tests.fakes.openid import make_key, shared_key

NONCE = "nonce-1"


class Published:
    """The keys that an issuer publishes, and how often it was asked."""

    def __init__(self, **keys: Any) -> None:
        self.keys = keys
        self.fetches = 0

    def __call__(self) -> dict[str, Any]:
        """Return the JWK set."""
        self.fetches += 1
        found = [(name, RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)) for name, key in self.keys.items()]
        return {"keys": [{**key, "kid": name} for name, key in found]}

    def verifier(self) -> IdTokenVerifier:
        """Make a verifier of these keys."""
        return IdTokenVerifier("client", self, lambda claims, key: claims["iss"] == "https://issuer.example")


def sign(key: Any, kid: str | None) -> str:
    """Sign a token."""
    now = int(time.time())
    claims = {"iss": "https://issuer.example", "aud": "client", "sub": "1", "iat": now, "exp": now + 60, "nonce": NONCE}
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid} if kid else None)


def test_keys_are_fetched_once_and_again_for_a_new_one() -> None:
    old, new = shared_key(), make_key()
    published = Published(old=old)
    verifier = published.verifier()
    for _ in range(3):
        assert verifier.verify(sign(old, "old"), NONCE)["sub"] == "1"
    assert published.fetches == 1
    published.keys = {"old": old, "new": new}
    assert verifier.verify(sign(new, "new"), NONCE)
    assert published.fetches == 2


def test_a_token_that_names_no_key_is_verified_by_the_only_one() -> None:
    assert Published(one=shared_key()).verifier().verify(sign(shared_key(), None), NONCE)
    with pytest.raises(VerificationError):
        Published(one=shared_key(), two=make_key()).verifier().verify(sign(shared_key(), None), NONCE)


def test_a_key_is_not_taken_for_another() -> None:
    published = Published(one=shared_key(), two=make_key())
    with pytest.raises(VerificationError, match="does not verify"):
        published.verifier().verify(sign(shared_key(), "two"), NONCE)
    with pytest.raises(VerificationError, match="does not publish"):
        published.verifier().verify(sign(shared_key(), "three"), NONCE)


@given(
    st.one_of(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{0,40}){2}", fullmatch=True))
)
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(VerificationError):
        Published(one=shared_key()).verifier().verify(token, NONCE)


@pytest.mark.parametrize(
    "key_set",
    [
        {},
        {"keys": None},
        {"keys": ["x"]},
        {"keys": [{"kid": "one"}]},
        {"keys": [{"kid": "one", "kty": "oct", "k": "AAAA"}]},
    ],
)
def test_a_key_set_that_is_none_verifies_nothing(key_set: dict[str, Any]) -> None:
    verifier = IdTokenVerifier("client", lambda: key_set, lambda claims, key: True)
    with pytest.raises(VerificationError):
        verifier.verify(sign(shared_key(), "one"), NONCE)
