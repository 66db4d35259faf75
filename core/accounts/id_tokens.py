"""Verifies ID tokens against their issuer's published keys (OpenID Connect Core 1.0, 3.1.3.7; RFC 7517, RFC 8725).

Which issuers count, and what the claims mean, is the connectors' to say.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from core.errors import VerificationError

Claims = Mapping[str, Any]
ALGORITHMS: Final = ["RS256"]
LEEWAY_SECONDS: Final = 60
_REQUIRED: Final = ["iss", "sub", "aud", "exp", "iat"]


class IdTokenVerifier:
    """Verifies ID tokens made for one client.

    `fetch_keys` returns the issuer's JWK set; it is called for the first token, and again when a token names a key that
    is not in the set. `is_issuer` is given the claims, of which only the signature is verified so far, and the key.
    """

    def __init__(
        self, client_id: str, fetch_keys: Callable[[], Claims], is_issuer: Callable[[Claims, Claims], bool]
    ) -> None:
        self._client_id = client_id
        self._fetch_keys = fetch_keys
        self._is_issuer = is_issuer
        self._keys: list[Claims] = []
        self._lock = threading.Lock()

    def verify(self, token: str, nonce: str) -> Claims:
        """Return the claims. Raises VerificationError; what `fetch_keys` raises passes."""
        key = self._find_key(_read_key_id(token))
        try:
            claims: Claims = jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm=ALGORITHMS[0]),
                algorithms=ALGORITHMS,
                audience=self._client_id,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.PyJWTError as error:
            raise VerificationError(f"the ID token does not verify: {type(error).__name__}") from error
        self._check_audience(claims)
        if not self._is_issuer(claims, key):
            raise VerificationError("the ID token is of another issuer")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise VerificationError("the ID token is of another sign-in")
        return claims

    def _check_audience(self, claims: Claims) -> None:
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise VerificationError("the ID token was made for another client")

    def _find_key(self, key_id: str | None) -> Claims:
        with self._lock:
            found = _choose(self._keys, key_id) if key_id is not None else None
            if found is None:
                self._keys = _parse_keys(self._fetch_keys())
                found = _choose(self._keys, key_id)
            if found is None:
                raise VerificationError("the ID token names a key that its issuer does not publish")
            return found


def _parse_keys(key_set: Claims) -> list[Claims]:
    found = key_set.get("keys")
    return [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []


def _choose(keys: list[Claims], key_id: str | None) -> Claims | None:
    """Choose the key that a token names; where it names none, the only one (OpenID Connect Core 1.0, 10.1)."""
    fitting = [key for key in keys if key_id is None or key.get("kid") == key_id]
    return fitting[0] if len(fitting) == 1 else None


def _read_key_id(token: str) -> str | None:
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError as error:
        raise VerificationError("not an ID token") from error
    return key_id if isinstance(key_id, str) else None
