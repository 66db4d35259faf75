"""Style sheets, scripts and pictures of the pages: read once, served under names that change with their content."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request

from core.web.access import PUBLIC, access

FOLDER = Path(__file__).parent / "static"
_YEAR = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, held in memory, with its packed form."""

    content: bytes
    packed: bytes
    content_type: str
    digest: str


def load_files(folder: Path = FOLDER) -> dict[str, StaticFile]:
    """Read all files of the folder and of those in it, by name; licences beside them are not served."""
    return {path.name: _load(path) for path in sorted(folder.rglob("*")) if path.suffix in _TYPES}


def _load(path: Path) -> StaticFile:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(content, gzip.compress(content, mtime=0), kind, sha256(content).hexdigest()[:12])


def serve_statics(app: Flask) -> Callable[[str], str]:
    """Serve the files; return `static_url(name)`, which templates have as well."""
    files = load_files()
    blueprint = Blueprint("statics", __name__)

    @blueprint.get("/static/<digest>/<name>")
    @access(PUBLIC)
    def serve(digest: str, name: str) -> Response:
        file = files.get(name)
        if file is None or file.digest != digest:
            abort(404)
        return _answer(file, _YEAR)

    @blueprint.get("/favicon.ico")
    @access(PUBLIC)
    def serve_icon() -> Response:
        return _answer(files["icon.svg"], "public, max-age=86400")

    @blueprint.get("/robots.txt")
    @access(PUBLIC)
    def serve_robots() -> Response:
        return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")

    def static_url(name: str) -> str:
        return f"/static/{files[name].digest}/{name}"

    app.register_blueprint(blueprint)
    app.jinja_env.globals["static_url"] = static_url
    return static_url


def _answer(file: StaticFile, cache_control: str) -> Response:
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(file.packed if is_packed else file.content, content_type=file.content_type)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = cache_control
    return response
