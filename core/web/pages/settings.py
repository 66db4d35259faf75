"""The settings page: one's own address, what one wants to be told of and where, sessions, sample data."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction, record_audit
from core.accounts.owner import PLACEHOLDER_EMAIL, change_email
from core.accounts.sessions import end_other_sessions
from core.alerts.rules import CHANNELS, RULES, create_default_rules, list_rules, set_rule
from core.errors import InputError
from core.storage.accounts import User
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.rendering import has_samples, render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

_CHANNEL_NAMES = {"app": mark("On these pages"), "email": mark("E-mail")}
_DONE = {
    "email": mark("Your address was saved."),
    "timezone": mark("Your time zone was saved."),
    "alerts": mark("Your choice of alerts was saved."),
    "sessions": mark("All your other browsers were signed out."),
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
                user_id = current_viewer().user_id
                change_email(session, user_id, request.form.get("email", ""))
                if services.settings.smtp_url is not None:
                    create_default_rules(session, session.get_one(User, user_id), with_email=True)
                _audit(session, services, AuditAction.SETTINGS_CHANGED, "address")
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
            _audit(session, services, AuditAction.SETTINGS_CHANGED, "alerts")
        return redirect(url_for("pages.show_settings", done="alerts"), 303)

    @blueprint.post("/settings/sessions")
    @access(SESSION)
    def sign_out_elsewhere() -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            end_other_sessions(session, viewer.user_id, viewer.session_id)
            _audit(session, services, AuditAction.SESSIONS_ENDED, "all others")
        return redirect(url_for("pages.show_settings", done="sessions"), 303)


def _audit(session: Session, services: WebServices, action: AuditAction, detail: str) -> None:
    viewer = current_viewer()
    record_audit(
        session,
        workspace_id=viewer.workspace_id,
        actor_id=viewer.user_id,
        action=action,
        now=services.clock(),
        detail=detail,
    )


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
