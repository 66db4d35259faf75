"""The documentation in place: pages of `docs/`, with this installation's own addresses in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort

from core.settings import CHECKOUT
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.markdown import render_markdown
from core.web.pages.rendering import render_page
from core.web.services import WebServices

TOPICS: Final = ("google", "microsoft", "slack", "connecting", "tracking", "operations")
FOLDER: Final = CHECKOUT / "docs"


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the pages."""

    @blueprint.get("/help/<topic>")
    @access(SESSION)
    def show_guide(topic: str) -> Response:
        text = read_guide(topic)
        if text is None:
            abort(404)
        settings = services.settings
        own = text.replace("<public URL>", settings.public_url).replace("<tracking URL>", settings.tracking_url)
        title, _, body = own.partition("\n")
        with services.reading_sessions() as session:
            return render_page(
                session,
                current_viewer(),
                "guide.html",
                title=title.lstrip("# "),
                body=render_markdown(body, resolve_link),
            )


def resolve_link(target: str) -> str | None:
    """Lead links between pages of the documentation to their pages here; others only where they are whole."""
    name = target.partition("#")[0].removesuffix(".md")
    if name in TOPICS:
        return f"/help/{name}"
    return target if target.startswith(("https://", "/")) else None


@cache
def read_guide(topic: str, folder: Path = FOLDER) -> str | None:
    """Read a page's text; None where there is no such page, or no documentation beside the code."""
    if topic not in TOPICS:
        return None
    try:
        return (folder / f"{topic}.md").read_text(encoding="utf-8")
    except OSError:
        return None
