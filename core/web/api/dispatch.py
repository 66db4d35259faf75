"""Carries out one operation: who calls, how often, with what right, what was sent, and the answer; in that order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from flask import Response, request

from core.web.access import Access, access
from core.web.api.authentication import authenticate, require_scope
from core.web.api.operation import Call, Caller, Operation, Reply
from core.web.api.problems import Problem, not_found
from core.web.api.rate_limit import RateLimiter
from core.web.api.reading import read_body, read_idempotency_key, read_query
from core.web.api.services import ApiServices

_IDENTIFIER: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NOBODY: Final = Caller("", "", "")


@dataclass(frozen=True, slots=True)
class Limits:
    """How often callers may call: `requests` by token, `failures` to say who they are by network."""

    requests: RateLimiter
    failures: RateLimiter


def build_view(operation: Operation, services: ApiServices, limits: Limits) -> Callable[..., Response]:
    """Build the Flask view of an operation."""

    @access(operation.access)
    def view(**path: str) -> Response:
        caller = _NOBODY
        if operation.access is Access.TOKEN:
            caller = authenticate(request, services, limits.failures)
            _limit(limits.requests, caller)
            require_scope(caller, operation.scope)
        return _answer(operation, operation.handle(_read_call(operation, services, caller, path)))

    view.__name__ = operation.name
    view.__doc__ = operation.summary
    return view


def _limit(limiter: RateLimiter, caller: Caller) -> None:
    wait_seconds = limiter.hit(caller.token_id)
    if wait_seconds is not None:
        detail = f"This token makes too many requests. Come again in {wait_seconds} s."
        raise Problem(429, detail, headers={"Retry-After": str(wait_seconds)})


def _read_call(operation: Operation, services: ApiServices, caller: Caller, path: dict[str, str]) -> Call[Any, Any]:
    for name, value in path.items():
        if name.endswith("_id") and not _IDENTIFIER.fullmatch(value):
            raise not_found(name.removesuffix("_id"))
    request.max_content_length = operation.body_limit
    body = None
    if operation.body is not None:
        body = read_body(request, operation.body, optional=operation.body_optional)
    query = read_query(request, operation.query) if operation.query is not None else None
    key = read_idempotency_key(request) if operation.takes_idempotency_key else None
    return Call(services, caller, path, body, query, key)


def _answer(operation: Operation, reply: Reply) -> Response:
    if reply.content is None:
        response = Response(status=operation.status)
        response.headers.pop("Content-Type", None)
    else:
        response = Response(
            orjson.dumps(reply.content), reply.status or operation.status, content_type="application/json"
        )
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(reply.headers)
    return response
