"""The page of one's own sessions and sign-ins: sign out one or all, and take back what was somebody else's."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.devices import Device
from core.accounts.security import (
    disown_signin,
    find_aftermath,
    find_disowned,
    list_own_sessions,
    list_own_signins,
)
from core.accounts.sessions import end_other_sessions, end_own_session, end_session
from core.web.access import SESSION, access
from core.web.browsers import current_browser, current_viewer
from core.web.pages.audited import note
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

_DONE = {
    "ended": mark("That browser was signed out."),
    "gone": mark("That browser was signed out already."),
    "others": mark("All your other browsers were signed out."),
}


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page and its forms."""
    blueprint.add_app_template_filter(name_device)
    _add_page(blueprint, services)
    _add_endings(blueprint, services)
    _add_disowning(blueprint, services)


def _add_page(blueprint: Blueprint, services: WebServices) -> None:
    @blueprint.get("/settings/security")
    @access(SESSION)
    def show_security() -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            return render_page(
                session,
                viewer,
                "security.html",
                browsers=list_own_sessions(session, viewer, services.clock()),
                signins=list_own_signins(session, viewer),
                has_mail=services.settings.smtp_url is not None,
                credits=services.geo_credit(),
                done=gettext(_DONE.get(request.args.get("done", ""), "")),
            )


def _add_endings(blueprint: Blueprint, services: WebServices) -> None:
    @blueprint.post("/settings/security/sessions/<id:session_id>/end")
    @access(SESSION)
    def end_one(session_id: str) -> BaseResponse:
        with services.sessions.begin() as session:
            is_ended = end_own_session(session, current_viewer().user_id, session_id)
            if is_ended:
                note(session, services, AuditAction.SESSIONS_ENDED, "one browser")
        return redirect(url_for("pages.show_security", done="ended" if is_ended else "gone"), 303)

    @blueprint.post("/settings/security/others")
    @access(SESSION)
    def end_others() -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            end_other_sessions(session, viewer.user_id, viewer.session_id)
            note(session, services, AuditAction.SESSIONS_ENDED, "all others")
        return redirect(url_for("pages.show_security", done="others"), 303)

    @blueprint.post("/settings/security/everywhere")
    @access(SESSION)
    def end_everywhere() -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            end_other_sessions(session, viewer.user_id, viewer.session_id)
            end_session(session, viewer.session_id)
            note(session, services, AuditAction.SESSIONS_ENDED, "everywhere")
        current_browser().sign_out()
        return redirect(url_for("pages.show_front"), 303)


def _add_disowning(blueprint: Blueprint, services: WebServices) -> None:
    @blueprint.get("/settings/security/signins/<id:signin_id>")
    @access(SESSION)
    def show_signin_report(signin_id: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            past = find_disowned(session, viewer, signin_id)
            found = past or find_aftermath(session, viewer, signin_id)
            if found is None:
                abort(404)
            return render_page(session, viewer, "disown.html", found=found, is_done=past is not None)

    @blueprint.post("/settings/security/signins/<id:signin_id>/disown")
    @access(SESSION)
    def disown(signin_id: str) -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            ended = disown_signin(session, viewer, signin_id, services.clock())
            if ended is None and find_disowned(session, viewer, signin_id) is None:
                abort(404)
        return redirect(url_for("pages.show_signin_report", signin_id=signin_id), 303)


def name_device(device: Device) -> str:
    """Say what a browser is, in the viewer's language."""
    if device.browser and device.system:
        return gettext("%(browser)s on %(system)s") % {"browser": device.browser, "system": device.system}
    return gettext(str(device))
