"""Gmail's API on loopback: every request is held against the discovery document that Google's own client carries."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from googleapiclient import discovery_cache
from werkzeug.serving import make_server

Document = dict[str, Any]
# Parameters that every method takes, by the document's own top-level list.
SENT_ID = "18c0ffee"


@dataclass
class GmailServer:
    """What it does, and what it saw. `scopes` are those of each token; `script` answers the next requests."""

    url: str = ""
    scopes: dict[str, set[str]] = field(default_factory=dict)
    script: list[Response | float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)


def load_document() -> Document:
    """Load Gmail's discovery document."""
    document: Document = json.loads(discovery_cache.get_static_doc("gmail", "v1"))
    return document


def list_methods(resource: Document) -> Iterator[Document]:
    """List all methods below a resource of a discovery document."""
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from list_methods(child)


def find_method(document: Document, verb: str, path: str) -> Document | None:
    """Find the method that a request calls."""
    for method in list_methods(document):
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(method["flatPath"]))
        if method["httpMethod"] == verb and re.fullmatch(pattern, path.lstrip("/")):
            return method
    return None


def to_json_schema(document: Document, name: str) -> Document:
    """Turn a schema of a discovery document into JSON Schema that refuses unknown fields."""
    definitions = {key: _strict(value) for key, value in document["schemas"].items()}
    return {"$ref": f"#/$defs/{name}", "$defs": definitions}


def _strict(value: Any) -> Any:
    if isinstance(value, list):
        return [_strict(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _strict(item) for key, item in value.items() if key in ("type", "properties", "items", "enum", "$ref")}
    if isinstance(value.get("properties"), dict):
        kept["properties"] = {key: _strict(item) for key, item in value["properties"].items()}
        kept["additionalProperties"] = False
    if "$ref" in kept:
        return {"$ref": f"#/$defs/{kept['$ref']}"}
    return kept


def refuse(status: int, reason: str = "", headers: dict[str, str] | None = None) -> Response:
    """Make an error answer as Google writes them."""
    errors = [{"message": "no", "domain": "global", "reason": reason}] if reason else []
    body = json.dumps({"error": {"code": status, "message": "no", "errors": errors}})
    return Response(body, status, headers, content_type="application/json")


def _check(server: GmailServer, document: Document) -> str | None:
    """Return what is wrong with the current request."""
    method = find_method(document, request.method, request.path)
    if method is None:
        return f"no method {request.method} {request.path}"
    unknown = set(request.args) - set(method.get("parameters", {})) - set(document["parameters"])
    if unknown:
        return f"unknown parameters {sorted(unknown)}"
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not server.scopes.get(token, set()) & set(method["scopes"]):
        return "the token has none of the method's scopes"
    body = request.get_json(silent=True)
    if "request" in method:
        try:
            jsonschema.validate(body, to_json_schema(document, method["request"]["$ref"]))
        except jsonschema.ValidationError as error:
            return str(error.message)
    return None


@contextmanager
def serve_gmail() -> Iterator[GmailServer]:
    """Serve it on a free port."""
    server, document = GmailServer(), load_document()
    app = Flask("gmail-of-the-tests")

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def answer(path: str) -> ResponseReturnValue:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        server.tokens.append(token)
        if server.script:
            scripted = server.script.pop(0)
            if isinstance(scripted, Response):
                return scripted
            time.sleep(scripted)
        if token not in server.scopes:
            return refuse(401, "authError")
        complaint = _check(server, document)
        if complaint is not None:
            server.complaints.append(complaint)
            is_scope = "scopes" in complaint
            return refuse(403 if is_scope else 400, "insufficientPermissions" if is_scope else "badRequest")
        server.mails.append(base64.urlsafe_b64decode(request.get_json()["raw"]))
        return jsonify(id=SENT_ID, threadId=SENT_ID, labelIds=["SENT"])

    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join(10)
        http.server_close()
