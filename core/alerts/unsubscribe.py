"""Leaving alert mail without signing in: the stateless, signed token in every mail (RFC 8058), and what it does.

A token names the user alone, works for ever, and can do nothing but switch alert mail off.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from sqlalchemy.orm import Session

from core.alerts.rules import EMAIL, disable_channel
from core.errors import VerificationError
from core.keys import KEY_ID_BYTES, KeyRing
from core.storage.models import User

PATH = "/alerts/unsubscribe/"
_USE = "unsubscribe"
_VERSION = "1"
_USER_BYTES = 16
_MAC_BYTES = 14


def sign_unsubscribe(ring: KeyRing, user_id: str) -> str:
    """Sign the token with which a user leaves alert mail."""
    key = ring.signing
    payload = key.id + bytes.fromhex(user_id)
    return _VERSION + urlsafe_b64encode(payload + _mac(key.derive(_USE), payload)).decode("ascii").rstrip("=")


def verify_unsubscribe(ring: KeyRing, token: str) -> str:
    """Return the user's id. Raises VerificationError."""
    raw = _decode(token)
    payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    for key in ring.derive_all(_USE).get(payload[:KEY_ID_BYTES], ()):
        if hmac.compare_digest(mac, _mac(key, payload)):
            return payload[KEY_ID_BYTES:].hex()
    raise VerificationError("not a token of this installation")


def unsubscribe(session: Session, ring: KeyRing, token: str) -> None:
    """Switch off alert mail for the token's user; a user who is gone is no error. Raises VerificationError."""
    user_id = verify_unsubscribe(ring, token)
    if session.get(User, user_id) is not None:
        disable_channel(session, user_id, EMAIL)


def _mac(key: bytes, payload: bytes) -> bytes:
    return blake2b(payload, key=key, digest_size=_MAC_BYTES).digest()


def _decode(token: str) -> bytes:
    """Undo the encoding; only the one spelling that signing writes is accepted."""
    try:
        raw = urlsafe_b64decode(token[1:].encode("ascii") + b"=" * (-len(token[1:]) % 4))
    except (binascii.Error, ValueError) as error:
        raise VerificationError("not a token") from error
    is_ours = token == _VERSION + urlsafe_b64encode(raw).decode("ascii").rstrip("=")
    if not is_ours or len(raw) != KEY_ID_BYTES + _USER_BYTES + _MAC_BYTES:
        raise VerificationError("not a token")
    return raw
