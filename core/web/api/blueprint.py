"""Puts the API together: the declared operations as Flask routes, the OpenAPI document, and what is none of them."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import orjson
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from core.web.access import PUBLIC, access
from core.web.api import event_routes, message_routes, recipient_routes
from core.web.api.authentication import FAILURES_PER_MINUTE
from core.web.api.dispatch import Limits, build_view
from core.web.api.failures import handle_failures
from core.web.api.openapi import build_document
from core.web.api.operation import Operation
from core.web.api.problems import Problem
from core.web.api.rate_limit import RateLimiter
from core.web.api.services import ApiServices

PREFIX: Final = "/api/v1"
DOCUMENT_PATH: Final = "/openapi.json"
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_PART: Final = re.compile(r"\{(\w+)\}")
_ELSEWHERE: Final = "refuse_other"

OPERATIONS: Final[tuple[Operation, ...]] = (
    *message_routes.operations.declared,
    *event_routes.operations.declared,
    *recipient_routes.operations.declared,
)


def create_api(services: ApiServices) -> Blueprint:
    """Make the blueprint of the API, with its own prefix. It answers JSON alone, errors too, and has no sessions."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    limits = Limits(
        RateLimiter(services.redis_url, services.requests_per_minute),
        RateLimiter(services.redis_url, FAILURES_PER_MINUTE, name="mailerplex-api-failures"),
    )
    for operation in OPERATIONS:
        api.add_url_rule(
            _PART.sub(_name_part, operation.path),
            endpoint=operation.name,
            view_func=build_view(operation, services, limits),
            methods=[operation.method],
            provide_automatic_options=False,
        )
    _serve_document(api, services)
    _refuse_the_rest(api)
    handle_failures(api)
    return api


def _name_part(match: re.Match[str]) -> str:
    # An address may hold a slash, and it comes decoded.
    return f"<path:{match[1]}>" if match[1] == "address" else f"<{match[1]}>"


def _serve_document(api: Blueprint, services: ApiServices) -> None:
    document = orjson.dumps(build_document(OPERATIONS, services.settings.public_url + PREFIX, _find_version()))

    @api.get(DOCUMENT_PATH, provide_automatic_options=False)
    @access(PUBLIC)
    def get_document() -> Response:
        return Response(document, content_type="application/json")


def _refuse_the_rest(api: Blueprint) -> None:
    """Answer what is no route with a problem: Flask would leave it to the application, which answers with pages."""

    @api.route("/", defaults={"rest": ""}, methods=_METHODS, provide_automatic_options=False)
    @api.route("/<path:rest>", methods=_METHODS, provide_automatic_options=False)
    @access(PUBLIC)
    def refuse_other(rest: str) -> Response:  # noqa: ARG001 - Flask passes it
        allowed = _find_methods()
        if allowed:
            names = ", ".join(allowed)
            raise Problem(405, f"This address takes {names}, not {request.method}.", headers={"Allow": names})
        raise Problem(404, f"There is nothing at this address: see {PREFIX}{DOCUMENT_PATH}.")


def _find_methods() -> list[str]:
    adapter = current_app.url_map.bind("")
    allowed = []
    for method in _METHODS:
        try:
            endpoint, _ = adapter.match(request.path, method=method)
        except (HTTPException, RequestRedirect):
            continue
        if not endpoint.endswith(f".{_ELSEWHERE}"):
            allowed.append(method)
    return allowed


def _find_version() -> str:
    try:
        return version("mailerplex")
    except PackageNotFoundError:
        return "0"
