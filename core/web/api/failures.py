"""Every error that can leave a route, as a problem detail. Of unexpected ones the client learns a reference only."""

from __future__ import annotations

import traceback

import structlog
from flask import Blueprint, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from core.errors import InputError, NotAllowedError, StorageError, UnavailableError
from core.web.api.problems import KINDS, Problem, build_problem
from core.web.request_log import request_id

_log = structlog.get_logger("mailerplex.api")

_RETRY_SECONDS = "5"
_DATABASE = "The database does not answer just now; hits go on being recorded. Try again in a moment."
_SENTENCES = {
    400: "The request is not valid HTTP for this address.",
    403: "This address is not open to you.",
    413: "The body is larger than this address takes.",
}


def handle_failures(blueprint: Blueprint) -> None:
    """Answer every error of the blueprint's routes with a problem detail."""
    blueprint.register_error_handler(Problem, build_problem)
    blueprint.register_error_handler(HTTPException, _answer_http)
    blueprint.register_error_handler(Exception, _answer_any)


def _answer_http(error: HTTPException) -> Response:
    status = error.code if error.code in KINDS else 400
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return build_problem(Problem(status, _SENTENCES.get(status, KINDS[status][1] + "."), headers=headers))


def _answer_any(error: Exception) -> Response:
    if isinstance(error, InputError):
        return build_problem(Problem(422, str(error)))
    if isinstance(error, NotAllowedError):
        return build_problem(Problem(403, str(error)))
    if isinstance(error, UnavailableError):
        return build_problem(Problem(503, str(error), headers={"Retry-After": _RETRY_SECONDS}))
    if _is_of_database(error):
        _log.warning("database unavailable", error=type(error).__name__)
        return build_problem(Problem(503, _DATABASE, headers={"Retry-After": _RETRY_SECONDS}))
    # The text of an error may hold what was sent (SQLAlchemy shows parameters); its kind and place do not.
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    _log.error("request failed", error=type(error).__name__, places=places[-12:])
    detail = f"This is our fault, not yours. The server's log knows more under the reference {request_id()}."
    return build_problem(Problem(500, detail))


def _is_of_database(error: Exception) -> bool:
    """Say whether the database itself failed, rather than what it was asked (PEP 249)."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
    return isinstance(error, StorageError | PoolTimeoutError)
