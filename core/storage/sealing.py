"""Secrets at rest: AES-256-GCM (NIST SP 800-38D), bound to table, row and field, under a key derived for this use.

A sealed value is a format version, the key's id, a random nonce, and ciphertext with its tag. The newest key seals;
all open. A value moved to another row or field does not open. Who holds what sealed is not known here.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import VerificationError
from core.keys import KEY_ID_BYTES, KeyRing

USE: Final = "provider tokens"
_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(_VERSION) + KEY_ID_BYTES
_SHORTEST: Final = _HEAD_BYTES + _NONCE_BYTES + 16


class Sealer:
    """Seals and opens with the keys of one ring; built once for each ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._head = _VERSION + ring.signing.id
        self._seal = AESGCM(ring.signing.derive(USE))
        self._open = {key_id: [AESGCM(key) for key in keys] for key_id, keys in ring.derive_all(USE).items()}

    def seal(self, secret: str, place: str) -> bytes:
        """Seal a secret for `place`, which is "table:row id:field"."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._head + nonce + self._seal.encrypt(nonce, secret.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Return the secret. Raises VerificationError if it was altered, moved, or sealed with a key not held."""
        if len(sealed) < _SHORTEST or not sealed.startswith(_VERSION):
            raise VerificationError("not a sealed value")
        for cipher in self._open.get(sealed[len(_VERSION) : _HEAD_BYTES], ()):
            opened = _try_open(cipher, sealed, place)
            if opened is not None:
                return opened
        raise VerificationError("a sealed value does not open with the keys of this installation")

    def is_current(self, sealed: bytes, place: str) -> bool:
        """Say whether the newest key sealed it. Key ids can meet by chance, so the key itself is tried."""
        return sealed.startswith(self._head) and _try_open(self._seal, sealed, place) is not None


def _try_open(cipher: AESGCM, sealed: bytes, place: str) -> str | None:
    nonce = sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
    try:
        return cipher.decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], place.encode()).decode()
    except InvalidTag:
        return None
