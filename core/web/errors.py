"""What people and programs get instead of a traceback: a page, or a problem detail (RFC 9457), with a reference.

The reference is the request's id, so the log knows more. What an error says of itself is shown only for errors raised
on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import orjson
import structlog
from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # ships no types
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from core.errors import InputError, NotAllowedError, StorageError, UnavailableError, VerificationError
from core.web.request_log import request_id
from core.web.translation import choose_page_language, gettext, mark, use_language

_log = structlog.get_logger("mailerplex.web")

API_PREFIX = "/api/"


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of a failed request. `text` is one or two sentences that say what to do."""

    status: int
    title: str
    text: str


_TEXTS = {
    400: (
        mark("That did not work"),
        mark("The request was not one that this page understands. Go back, reload and try again."),
    ),
    401: (mark("Please sign in"), mark("This page is for those who are signed in.")),
    403: (mark("Not allowed"), mark("This address is not open to you.")),
    404: (
        mark("Not found"),
        mark("There is nothing at this address. It may have been deleted, or the link is incomplete."),
    ),
    405: (mark("That did not work"), mark("This address cannot be used in this way.")),
    413: (mark("Too much data"), mark("More was sent than this page takes.")),
    429: (mark("Too many requests"), mark("Please wait a moment and try again.")),
    500: (
        mark("Something went wrong"),
        mark("This is our fault, not yours, and it was written down. Please try again."),
    ),
    503: (
        mark("Back in a moment"),
        mark("The database does not answer just now. Nothing is lost: visits go on being recorded."),
    ),
}
_OLD_FORM = mark("This form is too old, or was not sent from this page. Go back, reload the page and try again.")


def handle_errors(app: Flask) -> None:
    """Answer every error of `app` with a page, or with a problem detail below the API's prefix."""
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_any)


def _answer_http(error: HTTPException) -> Response:
    if error.response is not None:  # an answer that is complete already
        return cast(Response, error.response)
    status = error.code or 500
    if isinstance(error, CSRFError):
        return answer(describe(status, _OLD_FORM))
    # Werkzeug's own words are for programmers; a text handed to abort() is ours.
    is_own = error.description is not None and error.description != type(error).description
    response = answer(describe(status, error.description if is_own and status < 500 else None))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _answer_any(error: Exception) -> Response:
    failure = _describe_error(error)
    if failure.status >= 500:
        _log.error("request failed", exc_info=error)
    return answer(failure)


def _describe_error(error: Exception) -> Failure:
    if isinstance(error, InputError):
        return describe(400, str(error))
    if isinstance(error, NotAllowedError):
        return describe(403, str(error))
    if isinstance(error, VerificationError):
        return describe(404)
    if isinstance(error, UnavailableError):
        return describe(503, str(error))
    is_disconnected = isinstance(error, DBAPIError) and error.connection_invalidated
    if is_disconnected or isinstance(error, StorageError | PoolTimeoutError) or _is_operational(error):
        return describe(503)
    return describe(500)


def _is_operational(error: Exception) -> bool:
    """Say whether the database itself failed, rather than what it was asked (PEP 249)."""
    return isinstance(error, DBAPIError) and type(error).__name__ in ("OperationalError", "InterfaceError")


def describe(status: int, text: str | None = None) -> Failure:
    """Describe a failure by its status; `text` says it better than the standing sentence."""
    title, standing = _TEXTS.get(status) or (HTTPStatus(status).phrase, _TEXTS[400 if status < 500 else 500][1])
    return Failure(status, title, text or standing)


def answer(failure: Failure) -> Response:
    """Build the answer in the form that the caller reads."""
    if request.path.startswith(API_PREFIX):
        return _build_problem(failure)
    try:
        use_language(choose_page_language(request))  # the frame is the pages', whoever asked
        shown = Failure(failure.status, gettext(failure.title), gettext(failure.text))
        page = render_template("error.html", failure=shown, reference=request_id())
    except Exception as error:  # the error page itself must not fail
        _log.error("error page failed", exc_info=error)
        page = f"{failure.title}. {failure.text} Reference: {request_id()}\n"
        return Response(page, failure.status, content_type="text/plain; charset=utf-8")
    return Response(page, failure.status, content_type="text/html; charset=utf-8")


def _build_problem(failure: Failure) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(failure.status).phrase,
        "status": failure.status,
        "detail": failure.text,
        "instance": f"urn:request:{request_id()}",
    }
    return Response(orjson.dumps(body), failure.status, content_type="application/problem+json")
