"""The viewer's time zone: a form among the settings, and the offer to take over the browser's."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.zones import change_zone, find_zone, list_zones, show_offset
from core.storage.accounts import User
from core.web.access import SESSION, access
from core.web.browsers import current_viewer, find_current_viewer
from core.web.pages.audited import note
from core.web.services import WebServices


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the form's target."""

    @blueprint.post("/settings/timezone")
    @access(SESSION)
    def save_timezone() -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            change_zone(session, viewer.user_id, request.form.get("timezone", ""))
            note(session, services, AuditAction.SETTINGS_CHANGED, "time zone")
        if request.form.get("next") == "/insights":
            return redirect(url_for("pages.show_insights"), 303)
        return redirect(url_for("pages.show_settings", done="timezone"), 303)


def offer_zones(app: Flask, services: WebServices) -> None:
    """Give templates what the form needs: the zone that is set ("" for none), the list, and its distance to UTC."""

    def viewer_zone() -> str:
        viewer = find_current_viewer(services)
        if viewer is None:
            return ""
        with services.reading_sessions() as session:
            user = session.get(User, viewer.user_id)
            return (user.timezone if user else None) or ""

    app.jinja_env.globals.update(
        viewer_zone=viewer_zone,
        list_zones=list_zones,
        zone_offset=lambda name: show_offset(find_zone(name), services.clock()),
    )
