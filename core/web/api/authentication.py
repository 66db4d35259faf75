"""Who calls: bearer tokens (RFC 6750)."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Request
from sqlalchemy.exc import DBAPIError

from core.accounts.api_tokens import is_use_stale, record_api_token_use, verify_api_token
from core.web.api.operation import Caller
from core.web.api.problems import Problem
from core.web.api.services import ApiServices

_log = structlog.get_logger("mailerplex.api")

_SCHEME: Final = "bearer"
_HINT: Final = "Make one in the settings, or by `mailerplex token create --name NAME`."


def authenticate(request: Request, services: ApiServices) -> Caller:
    """Return who calls. Raises Problem (401)."""
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not presented.strip():
        raise _refuse(f"Send `Authorization: Bearer <token>`. {_HINT}", "Bearer")
    with services.reading_sessions() as session:
        token = verify_api_token(session, presented.strip())
    if token is None:
        raise _refuse(f"This token is not valid, or it was revoked. {_HINT}", 'Bearer error="invalid_token"')
    now = services.now()
    if is_use_stale(token, now):
        _record_use(services, token.id)
    return Caller(token.id, token.user_id, token.workspace_id)


def _record_use(services: ApiServices, token_id: str) -> None:
    """Write down that the token is in use; a database that is busy must not refuse a call for that."""
    try:
        with services.sessions.begin() as session:
            record_api_token_use(session, token_id, services.now())
    except DBAPIError as error:
        _log.warning("use of a token not recorded", error=type(error).__name__)


def _refuse(detail: str, challenge: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})
