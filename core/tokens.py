"""Signed, stateless tokens in the URLs that recipients meet: pixel, link and page.

A token is a version character and base64url of key id, copy id (64 random bits), for links the link's number, and a
MAC (keyed BLAKE2b, RFC 7693). It names no person in readable form. Mail once sent cannot be changed: version "1" is
verified for ever; a new format takes a new character.
"""

from __future__ import annotations

import binascii
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from core.errors import VerificationError
from core.keys import KEY_ID_BYTES, KeyRing

VERSION = "1"
_PIXEL = struct.Struct(">2sQ")
_LINK = struct.Struct(">2sQH")
_PIXEL_MAC_BYTES = 11
_LINK_MAC_BYTES = 12
_PIXEL_CHARACTERS = 1 + (_PIXEL.size + _PIXEL_MAC_BYTES) * 4 // 3
_LINK_CHARACTERS = 1 + (_LINK.size + _LINK_MAC_BYTES) * 4 // 3
MAXIMUM_LINKS = 1 << 16


class TokenSigner:
    """Signs and verifies tokens of one installation; cheap to call, built once for each key ring."""

    def __init__(self, ring: KeyRing) -> None:
        signing = ring.signing
        self._key_id = signing.id
        self._sign = {use: signing.derive(use) for use in ("pixel", "link", "page")}
        self._verify = {use: ring.derive_all(use) for use in ("pixel", "link", "page")}

    def sign_pixel(self, copy_id: int) -> str:
        """Sign the token of a copy's pixel; `copy_id` has 64 bits, unsigned."""
        return self._sign_copy("pixel", copy_id)

    def sign_page(self, copy_id: int) -> str:
        """Sign the token of the recipient's page of a copy."""
        return self._sign_copy("page", copy_id)

    def sign_link(self, copy_id: int, number: int, destination: bytes) -> str:
        """Sign the token of link `number` of a copy to `destination` (ASCII bytes, as redirected to)."""
        payload = _LINK.pack(self._key_id, copy_id, number)
        return _encode(payload + _mac(self._sign["link"], payload, _LINK_MAC_BYTES, destination))

    def verify_pixel(self, token: str) -> int:
        """Return the copy id. Raises VerificationError."""
        return self._verify_copy("pixel", token)

    def verify_page(self, token: str) -> int:
        """Return the copy id. Raises VerificationError."""
        return self._verify_copy("page", token)

    def verify_link(self, token: str, destination: bytes) -> tuple[int, int]:
        """Return copy id and link number. Raises VerificationError if token or destination were altered."""
        raw = _decode(token, _LINK_CHARACTERS)
        payload, mac = raw[: _LINK.size], raw[_LINK.size :]
        for key in self._verify["link"].get(raw[:KEY_ID_BYTES], ()):
            if hmac.compare_digest(mac, _mac(key, payload, _LINK_MAC_BYTES, destination)):
                _, copy_id, number = _LINK.unpack(payload)
                return copy_id, number
        raise VerificationError("not a link of this installation")

    def _sign_copy(self, use: str, copy_id: int) -> str:
        payload = _PIXEL.pack(self._key_id, copy_id)
        return _encode(payload + _mac(self._sign[use], payload, _PIXEL_MAC_BYTES))

    def _verify_copy(self, use: str, token: str) -> int:
        raw = _decode(token, _PIXEL_CHARACTERS)
        payload, mac = raw[: _PIXEL.size], raw[_PIXEL.size :]
        for key in self._verify[use].get(raw[:KEY_ID_BYTES], ()):
            if hmac.compare_digest(mac, _mac(key, payload, _PIXEL_MAC_BYTES)):
                copy_id: int = _PIXEL.unpack(payload)[1]
                return copy_id
        raise VerificationError("not a token of this installation")


def _mac(key: bytes, payload: bytes, size: int, destination: bytes = b"") -> bytes:
    return blake2b(payload + destination, key=key, digest_size=size).digest()


def _encode(raw: bytes) -> str:
    return VERSION + urlsafe_b64encode(raw).decode("ascii")


def _decode(token: str, characters: int) -> bytes:
    """Undo `_encode`; only the one spelling that it writes is accepted."""
    if len(token) != characters or token[0] != VERSION:
        raise VerificationError("not a token")
    try:
        raw = urlsafe_b64decode(token[1:])
    except (binascii.Error, ValueError) as error:
        raise VerificationError("not a token") from error
    if len(raw) != (characters - 1) * 3 // 4 or urlsafe_b64encode(raw).decode("ascii") != token[1:]:
        raise VerificationError("not a token")
    return raw
