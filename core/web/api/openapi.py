"""The OpenAPI 3.1 document, made from the declared operations and their models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from core.accounts.scopes import MEANINGS
from core.web.access import Access
from core.web.api.operation import Operation
from core.web.api.problems import CONTENT_TYPE, KINDS
from core.web.api.responses import ProblemDetail

_REFERENCE: Final = "#/components/schemas/{model}"
_PART: Final = re.compile(r"\{(\w+)\}")
_SCHEME: Final = "token"

_INTRODUCTION: Final = """\
Tracks mail and tells who really read it: people, or machines on their behalf.

Times are RFC 3339 in UTC. Lists are paged by `cursor` and `limit`. Errors are problem details (RFC 9457). A POST with
an `Idempotency-Key` is carried out once, however often it is sent within two days. Each token may make a number of
requests a minute (600 unless the operator chose otherwise); then the answer is 429 with `Retry-After`."""


def build_document(operations: Sequence[Operation], server_url: str, version: str) -> dict[str, Any]:
    """Build the document. `server_url` is where the API is mounted, as an absolute URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MailerPlex",
            "version": version,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server_url}],
        "security": [{_SCHEME: []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": _build_paths(operations),
        "components": {
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer", "description": _describe_scopes()}},
            "schemas": _build_schemas(operations),
            "responses": {_name_problem(status): _build_problem(status) for status in KINDS},
        },
    }


def _describe_scopes() -> str:
    lines = [f"- `{scope}`: {meaning}." for scope, meaning in MEANINGS.items()]
    return "\n".join(["Each token carries scopes; an operation names the one that it needs.", "", *lines])


def _build_schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    models: dict[tuple[type[BaseModel], Literal["validation", "serialization"]], None] = {}
    for operation in operations:
        if operation.body is not None:
            models[(operation.body, "validation")] = None
        if operation.answer is not None:
            models[(operation.answer, "validation")] = None
    models[(ProblemDetail, "validation")] = None
    _, schema = models_json_schema(list(models), ref_template=_REFERENCE)
    found: dict[str, Any] = schema["$defs"]
    return dict(sorted(found.items()))


def _build_paths(operations: Sequence[Operation]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _build_operation(operation)
    return paths


def _build_operation(operation: Operation) -> dict[str, Any]:
    built: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "parameters": _build_parameters(operation),
        "responses": _build_responses(operation),
    }
    if operation.access is not Access.TOKEN:
        built["security"] = []
    elif operation.scope is not None:  # as role names, which OpenAPI 3.1 allows for schemes other than OAuth 2.0's
        built["security"] = [{_SCHEME: [operation.scope.value]}]
    if operation.body is not None:
        built["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": {"schema": _refer(operation.body)}},
        }
    return built


def _build_parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters = [_build_path_parameter(name) for name in _PART.findall(operation.path)]
    if operation.query is not None:
        properties: dict[str, Any] = operation.query.model_json_schema()["properties"]
        for name, schema in properties.items():
            schema.pop("title", None)
            description = {"description": schema.pop("description")} if "description" in schema else {}
            parameters.append({"name": name, "in": "query", **description, "schema": schema})
    if operation.takes_idempotency_key:
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        text = "A key of your own making: a repeat under it is not carried out again."
        parameters.append({"name": "Idempotency-Key", "in": "header", "description": text, "schema": schema})
    return parameters


def _build_path_parameter(name: str) -> dict[str, Any]:
    is_id = name.endswith("_id")
    schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"} if is_id else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _build_responses(operation: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    if operation.answer is not None:
        done["content"] = {"application/json": {"schema": _refer(operation.answer)}}
    responses = {str(operation.status): done}
    if operation.other_status is not None:
        responses[str(operation.other_status)] = {**done, "description": "Nothing was to be done, see the answer."}
    for status in operation.statuses:
        responses[str(status)] = {"$ref": f"#/components/responses/{_name_problem(status)}"}
    return responses


def _build_problem(status: int) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "description": KINDS[status][1] + ".",
        "content": {CONTENT_TYPE: {"schema": _refer(ProblemDetail)}},
    }
    if status in (429, 503):
        problem["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return problem


def _name_problem(status: int) -> str:
    return f"Problem{status}"


def _refer(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
