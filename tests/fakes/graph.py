"""Microsoft Graph on loopback, as strict as its documentation of `POST /me/sendMail` with MIME content."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server


@dataclass
class GraphServer:
    """What it does, and what it saw. `scopes` are those of each token; `script` answers the next requests."""

    url: str = ""
    scopes: dict[str, set[str]] = field(default_factory=dict)
    script: list[Response | float] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)


def refuse(status: int, code: str = "", headers: dict[str, str] | None = None) -> Response:
    """Make an error answer as Graph writes them."""
    body = json.dumps({"error": {"code": code, "message": "no", "innerError": {"request-id": "0"}}})
    return Response(body, status, headers, content_type="application/json")


def _read_mail() -> bytes | None:
    if request.content_type != "text/plain":
        return None
    try:
        raw = base64.b64decode(request.get_data(), validate=True)
    except binascii.Error:
        return None
    return raw if message_from_bytes(raw)["To"] else None


@contextmanager
def serve_graph() -> Iterator[GraphServer]:
    """Serve it on a free port."""
    server = GraphServer()
    app = Flask("graph-of-the-tests")

    @app.post("/v1.0/me/sendMail")
    def send_mail() -> ResponseReturnValue:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        server.tokens.append(token)
        if server.script:
            scripted = server.script.pop(0)
            if isinstance(scripted, Response):
                return scripted
            time.sleep(scripted)
        if token not in server.scopes:
            return refuse(401, "InvalidAuthenticationToken")
        if "Mail.Send" not in server.scopes[token]:
            return refuse(403, "ErrorAccessDenied")
        raw = _read_mail()
        if raw is None:
            return refuse(400, "ErrorMimeContentInvalidBase64String")
        server.mails.append(raw)
        return Response(status=202)

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
