"""Sample data on request: loaded with one click, gone with another."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.samples.loading import load_samples, remove_samples
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.services import WebServices


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the two actions."""

    @blueprint.post("/samples")
    @access(SESSION)
    def load() -> BaseResponse:
        tracking_url, user_id = services.settings.tracking_url, current_viewer().user_id
        load_samples(services.sessions, services.keys, tracking_url, user_id, services.clock())
        return redirect(url_for("pages.show_activity"), 303)

    @blueprint.post("/samples/remove")
    @access(SESSION)
    def remove() -> BaseResponse:
        remove_samples(services.sessions, current_viewer().user_id)
        return redirect(url_for("pages.show_activity"), 303)
