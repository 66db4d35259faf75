"""Problem details (RFC 9457): what a client is told of a request that was not carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from flask import Response

from core.web.request_log import request_id

CONTENT_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:mailerplex:problem:"
MAXIMUM_ERRORS: Final = 20

# By status: the last part of `type`, and the title. They never change; `detail` says what is wrong this time.
KINDS: Final[dict[int, tuple[str, str]]] = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unauthorized", "A valid token is needed"),
    403: ("forbidden", "Not allowed"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Not a method of this address"),
    409: ("conflict", "The request does not fit what is there"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "The body must be JSON"),
    422: ("invalid", "The request says something that cannot be"),
    429: ("rate-limited", "Too many requests"),
    500: ("internal", "Something went wrong"),
    503: ("unavailable", "Not available just now"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one part of a request: of the body by JSON pointer (RFC 6901), or a parameter by name."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


@dataclass(eq=False)
class Problem(Exception):
    """Raised to answer with a problem detail. `detail` is one line that says what to do."""

    status: int
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail


def build_problem(problem: Problem) -> Response:
    """Build the answer; `instance` names this very request, as the log does."""
    slug, title = KINDS[problem.status]
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + slug,
        "title": title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": f"urn:request:{request_id()}",
    }
    if problem.errors:
        body["errors"] = [_describe(error) for error in problem.errors[:MAXIMUM_ERRORS]]
    response = Response(orjson.dumps(body), problem.status, content_type=CONTENT_TYPE)
    response.headers.extend(problem.headers)
    return response


def _describe(error: FieldError) -> dict[str, str]:
    place = {"pointer": error.pointer} if error.pointer is not None else {"parameter": error.parameter or ""}
    return place | {"detail": error.detail}


def not_found(what: str) -> Problem:
    """Make the problem of something that is not there, or not in this workspace."""
    return Problem(404, f"There is no such {what}.")
