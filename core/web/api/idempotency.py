"""Idempotency keys: a POST that is repeated under its key is carried out once.

Kept is a keyed digest of the request and the id of what it made, never a request or a response: those hold the body.
The answer to a repeat is made anew from the rows, and for `html` from the HTML in the repeated request.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.keys import Key
from core.storage.accounts import IdempotencyRecord
from core.web.api.operation import Call
from core.web.api.problems import Problem

_USE: Final = "idempotency"


class RepeatedRequest(Exception):
    """The same request was carried out already, under the same key; it made `resource_id`."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(resource_id)
        self.resource_id = resource_id


def check_repeat(call: Call[Any, Any], request_name: str) -> None:
    """Raise RepeatedRequest if the call was carried out before; Problem (422) if its key was used for another one."""
    if call.idempotency_key is None:
        return
    with call.services.reading_sessions() as session:
        record = session.get(IdempotencyRecord, (call.caller.token_id, call.idempotency_key))
    if record is None:
        return
    if not any(hmac.compare_digest(record.digest, digest) for digest in _digests(call, request_name)):
        raise Problem(422, "This Idempotency-Key was used for another request: use a new one for each request.")
    raise RepeatedRequest(record.resource_id)


@contextmanager
def carry_out(call: Call[Any, Any], request_name: str) -> Iterator[tuple[Session, list[str]]]:
    """Open the transaction of a POST; the caller appends the id of what it made to the list.

    The record is written in the same transaction, so of two equal requests at once one waits for the other, and is
    then a repeat (RepeatedRequest).
    """
    made: list[str] = []
    try:
        with call.services.sessions.begin() as session:
            yield session, made
            if call.idempotency_key is not None:
                session.add(_record(call, request_name, made[0]))
    except IntegrityError:
        check_repeat(call, request_name)
        raise


def _record(call: Call[Any, Any], request_name: str, resource_id: str) -> IdempotencyRecord:
    return IdempotencyRecord(
        token_id=call.caller.token_id,
        key=call.idempotency_key,
        digest=_digests(call, request_name)[0],
        resource_id=resource_id,
        created_at=call.services.now(),
    )


def _digests(call: Call[Any, Any], request_name: str) -> list[bytes]:
    """Digest the checked request by every key, the signing one first: keys may rotate before the repeat."""
    body = call.body.model_dump_json() if isinstance(call.body, BaseModel) else ""
    content = "\n".join((request_name, *call.path.values(), body)).encode("utf-8", "surrogatepass")
    keys: Sequence[Key] = call.services.keys().keys
    return [blake2b(content, key=key.derive(_USE), digest_size=32).digest() for key in keys]
