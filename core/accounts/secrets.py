"""Random secrets handed out to browsers; only their digests are kept."""

from __future__ import annotations

import secrets
from hashlib import sha256

SECRET_CHARACTERS = 43


def create_secret() -> str:
    """Make 256 random bits, in base64url."""
    return secrets.token_urlsafe(32)


def digest_secret(secret: str) -> bytes:
    """Return what is kept of a secret. It has 256 random bits, so a plain hash cannot be searched."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
