"""Who calls: bearer tokens (RFC 6750)."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Request
from sqlalchemy.exc import DBAPIError

from core.accounts.api_tokens import is_use_stale, record_api_token_use, verify_api_token
from core.accounts.scopes import Scope, read_scopes
from core.web.api.operation import Caller
from core.web.api.problems import Problem
from core.web.api.rate_limit import RateLimiter
from core.web.api.services import ApiServices
from core.web.clients import find_client_network

_log = structlog.get_logger("mailerplex.api")

_SCHEME: Final = "bearer"
FAILURES_PER_MINUTE: Final = 60
_HINT: Final = "Make one in the settings, or by `mailerplex token create --name NAME`."


def authenticate(request: Request, services: ApiServices, failures: RateLimiter) -> Caller:
    """Return who calls. Raises Problem: 401, and 429 for a network that failed too often.

    A valid token is always let in: whoever shares a network with somebody guessing is not shut out.
    """
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not presented.strip():
        raise _refuse(f"Send `Authorization: Bearer <token>`. {_HINT}", "Bearer")
    now = services.now()
    with services.reading_sessions() as session:
        token = verify_api_token(session, presented.strip(), now)
    if token is None:
        _limit_failures(services, failures)
        raise _refuse(f"This token is not valid: wrong, revoked or expired. {_HINT}", 'Bearer error="invalid_token"')
    if is_use_stale(token, now):
        _record_use(services, token.id)
    return Caller(token.id, token.user_id, token.workspace_id, read_scopes(token.scopes))


def require_scope(caller: Caller, scope: Scope | None) -> None:
    """Raise Problem (403) where the caller's token does not carry what an operation needs (RFC 6750, 3.1)."""
    if scope is not None and scope in caller.scopes:
        return
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    detail = f"This token lacks the scope `{scope}`: make one that has it in the settings."
    raise Problem(403, detail, headers={"WWW-Authenticate": challenge})


def _limit_failures(services: ApiServices, failures: RateLimiter) -> None:
    wait_seconds = failures.hit(find_client_network(services.settings.trusted_proxies))
    if wait_seconds is not None:
        detail = f"Too many wrong tokens came from your network. Come again in {wait_seconds} s."
        raise Problem(429, detail, headers={"Retry-After": str(wait_seconds)})


def _record_use(services: ApiServices, token_id: str) -> None:
    """Write down that the token is in use; a database that is busy must not refuse a call for that."""
    try:
        with services.sessions.begin() as session:
            record_api_token_use(session, token_id, services.now())
    except DBAPIError as error:
        _log.warning("use of a token not recorded", error=type(error).__name__)


def _refuse(detail: str, challenge: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})
