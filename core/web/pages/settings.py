"""The settings page: one's own address, what one wants to be told of and where, sessions, sample data."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.owner import PLACEHOLDER_EMAIL
from core.alerts.rules import CHANNELS, RULES, list_rules, set_rule
from core.errors import InputError
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.audited import note
from core.web.pages.own_address import save_own_address
from core.web.pages.rendering import has_samples, render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

_CHANNEL_NAMES = {"app": mark("On these pages"), "email": mark("E-mail")}
_DONE = {
    "email": mark("Your address was saved."),
    "timezone": mark("Your time zone was saved."),
    "alerts": mark("Your choice of alerts was saved."),
}


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page and its forms."""

    @blueprint.get("/settings")
    @access(SESSION)
    def show_settings() -> Response:
        with services.reading_sessions() as session:
            return _render(session, services, done=gettext(_DONE.get(request.args.get("done", ""), "")))

    @blueprint.post("/settings/email")
    @access(SESSION)
    def save_email() -> BaseResponse:
        try:
            with services.sessions.begin() as session:
                save_own_address(session, services)
        except InputError as error:
            with services.reading_sessions() as session:
                return _render(session, services, error=gettext(str(error)), status=400)
        return redirect(url_for("pages.show_settings", done="email"), 303)

    @blueprint.post("/settings/alerts")
    @access(SESSION)
    def save_alerts() -> BaseResponse:
        chosen = set(request.form.getlist("alert"))
        with services.sessions.begin() as session:
            user_id = current_viewer().user_id
            for choice in list_rules(session, user_id):
                wanted = f"{choice.rule}:{choice.channel}" in chosen
                if wanted != choice.enabled:
                    set_rule(session, user_id, choice.rule, choice.channel, enabled=wanted)
            note(session, services, AuditAction.SETTINGS_CHANGED, "alerts")
        return redirect(url_for("pages.show_settings", done="alerts"), 303)


def _render(
    session: Session, services: WebServices, *, done: str | None = None, error: str | None = None, status: int = 200
) -> Response:
    viewer = current_viewer()
    enabled = {(choice.rule, choice.channel) for choice in list_rules(session, viewer.user_id) if choice.enabled}
    response = render_page(
        session,
        viewer,
        "settings.html",
        email="" if viewer.email == PLACEHOLDER_EMAIL else viewer.email,
        typed=request.form.get("email"),
        channels=[(name, _CHANNEL_NAMES.get(name, name.capitalize())) for name in CHANNELS],
        rules=RULES,
        enabled=enabled,
        has_smtp=services.settings.smtp_url is not None,
        tracking_url=services.settings.tracking_url,
        public_url=services.settings.public_url,
        samples=has_samples(session, viewer.sight),
        has_connections=services.installer is not None,
        done=done,
        error=error,
    )
    response.status_code = status
    return response
