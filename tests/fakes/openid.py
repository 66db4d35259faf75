"""An OpenID provider on loopback that is strict where providers are, and lies when a test tells it to.

It checks client, redirect URI and PKCE, uses a code once, rotates refresh tokens, and ends a family of which a used one
comes again (RFC 6749, 7009, 7636, 9700). Its paths are those of Entra below a tenant, which Google's side reads too.
"""

from __future__ import annotations

import base64
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT_ID = "client-of-the-tests"
CLIENT_SECRET = "secret-of-the-tests"
Claims = dict[str, Any]


def make_key() -> rsa.RSAPrivateKey:
    """Make a signing key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def shared_key() -> rsa.RSAPrivateKey:
    """Make the key of all providers once, for it takes a while."""
    return make_key()


@dataclass
class OpenIdProvider:
    """What the provider does, and what it saw. Tests set the fields."""

    url: str = ""
    path: str = ""
    user: Claims = field(default_factory=lambda: {"sub": "ann-1", "email": "owner@example.com", "email_verified": True})
    grants: set[str] | None = None  # the scopes granted; None for all
    error: str | None = None  # the error that the authorization endpoint answers
    token_error: str | None = None
    token_status: int = 400
    lie: Callable[[Claims], Claims] = lambda claims: claims
    delay_seconds: float = 0.0
    asked: list[dict[str, str]] = field(default_factory=list)
    refreshes: int = 0
    refused: int = 0
    revoked: list[str] = field(default_factory=list)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: shared_key())
    signing_key: Any = None
    algorithm: str = "RS256"
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _live: dict[str, dict[str, str]] = field(default_factory=dict)
    _used: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def issuer(self) -> str:
        """The issuer that the tokens name."""
        return f"{self.url}{self.path}"

    def discovery(self) -> Claims:
        """Describe the provider (OpenID Connect Discovery)."""
        names = {"authorization": "authorize", "token": "token", "revocation": "revoke"}
        found = {f"{name}_endpoint": f"{self.url}/{path}" for name, path in names.items()}
        return {"issuer": self.issuer, "jwks_uri": f"{self.url}/keys", **found}

    def keys(self) -> Claims:
        """Publish the key."""
        public: Claims = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "key-1", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser goes: back, with a code or an error."""
        self.asked.append(asked)
        if self.error is not None:
            answer = {"error": self.error, "error_description": "<b>in the provider's words</b>"}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked
            answer = {"code": code}
        return f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}"

    def issue(self, form: dict[str, str]) -> tuple[Claims, int]:
        """Answer the token endpoint."""
        if self.token_error is not None:
            return {"error": self.token_error}, self.token_status
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form["refresh_token"])
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"] or not _fits(form, asked):
            return {"error": "invalid_grant"}, 400
        scopes = set(asked["scope"].split())
        granted = scopes if self.grants is None else scopes & (self.grants | {"openid", "email", "profile"})
        is_lasting = "offline_access" in scopes or asked.get("access_type") == "offline"
        family = {"family": secrets.token_hex(4), "scope": " ".join(sorted(granted - {"offline_access"}))}
        tokens = self._tokens(family, is_lasting)
        return {**tokens, "id_token": self._sign(asked)}, 200

    def _tokens(self, family: dict[str, str], is_lasting: bool) -> Claims:
        tokens = {"access_token": f"access-{secrets.token_urlsafe(16)}", "token_type": "Bearer", "expires_in": 3600}
        if is_lasting:
            tokens["refresh_token"] = f"refresh-{secrets.token_urlsafe(16)}"
            self._live[str(tokens["refresh_token"])] = family
        return {**tokens, "scope": family["scope"]}

    def _refresh(self, token: str) -> tuple[Claims, int]:
        time.sleep(self.delay_seconds)
        with self._lock:
            family = self._live.pop(token, None)
            if family is None:
                self.refused += 1
                ended = self._used.get(token)
                self._live = {key: value for key, value in self._live.items() if value["family"] != ended}
                return {"error": "invalid_grant"}, 400
            self.refreshes += 1
            self._used[token] = family["family"]
            if self.grants is not None:
                kept = set(family["scope"].split()) & (self.grants | {"openid", "email", "profile"})
                family = {**family, "scope": " ".join(sorted(kept))}
            return self._tokens(family, is_lasting=True), 200

    def revoke(self, token: str) -> int:
        """Answer the revocation endpoint."""
        self.revoked.append(token)
        return 200 if self._live.pop(token, None) is not None else 400

    def _sign(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": asked["client_id"], "iat": now, "exp": now + 3600, **self.user}
        claims = self.lie({**claims, "nonce": asked.get("nonce", "")})
        return jwt.encode(claims, self.signing_key or self.key, algorithm=self.algorithm, headers={"kid": "key-1"})


def _fits(form: dict[str, str], asked: dict[str, str]) -> bool:
    digest = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
    return asked.get("code_challenge_method") == "S256" and asked.get("code_challenge") == digest


def build_app(provider: OpenIdProvider) -> Flask:
    """Make the provider's HTTP side."""
    app = Flask("openid")

    @app.get("/.well-known/openid-configuration")
    @app.get(f"/{TENANT}/v2.0/.well-known/openid-configuration")
    @app.get("/common/v2.0/.well-known/openid-configuration")
    def discover() -> ResponseReturnValue:
        return jsonify(provider.discovery())

    @app.get("/keys")
    def publish() -> ResponseReturnValue:
        return jsonify(provider.keys())

    @app.get("/authorize")
    def authorize() -> ResponseReturnValue:
        return redirect(provider.authorize(request.args.to_dict()))

    @app.post("/token")
    def issue() -> ResponseReturnValue:
        if not _is_client():
            return jsonify(error="invalid_client"), 401
        body, status = provider.issue(request.form.to_dict())
        return jsonify(body), status

    @app.post("/revoke")
    def revoke() -> ResponseReturnValue:
        return ("", provider.revoke(request.form["token"])) if _is_client() else ("", 401)

    return app


def _is_client() -> bool:
    given = request.authorization
    pair = (given.username, given.password) if given is not None else (None, None)
    form = (request.form.get("client_id"), request.form.get("client_secret"))
    return (CLIENT_ID, CLIENT_SECRET) in (pair, form)


@contextmanager
def serve(provider: OpenIdProvider, tls: ssl.SSLContext | None = None) -> Iterator[OpenIdProvider]:
    """Serve the provider on a loopback port of its own."""
    server = make_server("127.0.0.1", 0, build_app(provider), threaded=True, ssl_context=tls)
    provider.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
