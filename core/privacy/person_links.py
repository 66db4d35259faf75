"""The link that is mailed to one person and opens the page about them in one workspace.

It names a row of `recipients`, not an address, and is gone with it; it works for a week. Whoever has it may see and
erase all that is held on that person there, so it is mailed to the address itself and to nobody else.
"""

from __future__ import annotations

import binascii
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import VerificationError
from core.keys import KEY_ID_BYTES, KeyRing
from core.links import PAGE_PREFIX
from core.storage.messages import Message, Recipient

LIFETIME: Final = timedelta(days=7)
PERSON_PREFIX: Final = f"{PAGE_PREFIX}me/"
_USE: Final = "person"
_VERSION: Final = "1"
_PAYLOAD: Final = struct.Struct(">2s16sI")
_MAC_BYTES: Final = 14
_BYTES: Final = _PAYLOAD.size + _MAC_BYTES


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient of one workspace. `sender` is whose message brought the question up."""

    workspace_id: str
    address: str
    sender: str


def sign_person(ring: KeyRing, recipient_id: str, now: datetime) -> str:
    """Sign the token of a person's page, by any of their rows in `recipients`."""
    key = ring.signing
    payload = _PAYLOAD.pack(key.id, bytes.fromhex(recipient_id), int((now + LIFETIME).timestamp()))
    return _VERSION + urlsafe_b64encode(payload + _mac(key.derive(_USE), payload)).decode("ascii")


def verify_person(ring: KeyRing, token: str, now: datetime) -> str:
    """Return the id of the row. Raises VerificationError, also for a link that is too old."""
    raw = _decode(token)
    payload, mac = raw[: _PAYLOAD.size], raw[_PAYLOAD.size :]
    for key in ring.derive_all(_USE).get(raw[:KEY_ID_BYTES], ()):
        if hmac.compare_digest(mac, _mac(key, payload)):
            _, recipient_id, expires = _PAYLOAD.unpack(payload)
            if datetime.fromtimestamp(expires, UTC) <= now:
                break
            return bytes(recipient_id).hex()
    raise VerificationError("not a link of this installation, or too old")


def find_person(session: Session, recipient_id: str) -> Person | None:
    """Find who it is; None if that row was erased since."""
    row = session.execute(
        select(Message.workspace_id, Recipient.address_folded, Message.sender)
        .join(Message, Message.id == Recipient.message_id)
        .where(Recipient.id == recipient_id)
    ).one_or_none()
    return None if row is None else Person(*row)


def find_recipient_id(session: Session, copy_id: int, folded_address: str) -> str | None:
    """Find the row of a person among those who got a copy."""
    wanted = (Recipient.copy_id == copy_id, Recipient.address_folded == folded_address)
    return session.scalars(select(Recipient.id).where(*wanted).limit(1)).one_or_none()


def _mac(key: bytes, payload: bytes) -> bytes:
    return blake2b(payload, key=key, digest_size=_MAC_BYTES).digest()


def _decode(token: str) -> bytes:
    """Undo the encoding; only the one spelling that signing writes is accepted."""
    try:
        raw = urlsafe_b64decode(token[1:].encode("ascii"))
    except (binascii.Error, ValueError) as error:
        raise VerificationError("not a token") from error
    if len(raw) != _BYTES or token != _VERSION + urlsafe_b64encode(raw).decode("ascii"):
        raise VerificationError("not a token")
    return raw
