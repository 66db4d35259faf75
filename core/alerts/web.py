"""The page on which a person leaves alert mail: a GET asks (scanners fetch it), a POST acts, without any cookie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.alerts.unsubscribe import PATH, unsubscribe, verify_unsubscribe
from core.errors import VerificationError
from core.keys import KeyRing
from core.storage.engine import Sessions
from core.web.access import Access, access

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def create_unsubscribe_blueprint(sessions: Sessions, keys: Callable[[], KeyRing]) -> Blueprint:
    """Make the two routes. Mail programs post without a token of ours (RFC 8058): exempt this from CSRF checks."""
    blueprint = Blueprint("alerts_unsubscribe", __name__)

    @blueprint.get(f"{PATH}<token>")
    @access(Access.PUBLIC)
    def ask(token: str) -> Response:
        try:
            verify_unsubscribe(keys(), token)
        except VerificationError:
            return _answer("unknown", 404)
        return _answer("ask")

    @blueprint.post(f"{PATH}<token>")
    @access(Access.PUBLIC)
    def act(token: str) -> Response:
        try:
            with sessions.begin() as session:
                unsubscribe(session, keys(), token)
        except VerificationError:
            return _answer("unknown", 404)
        return _answer("done")

    return blueprint


def _answer(step: str, status: int = 200) -> Response:
    page = _templates.get_template("unsubscribe.html").render(step=step)
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
