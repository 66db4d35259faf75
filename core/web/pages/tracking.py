"""Settings, Tracking: what new messages are tracked by, and who is never tracked."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.sessions import Viewer
from core.errors import InputError
from core.messages.choice import read_defaults
from core.messages.exclusions import add_exclusion, list_exclusions, remove_exclusion
from core.storage.accounts import User
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.audited import note
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

_DONE = {
    "defaults": mark("Your defaults were saved. They hold for new messages."),
    "added": mark("It is on the list, and holds for new messages."),
    "removed": mark("It is off the list."),
}
_MANAGERS = ("owner", "admin")
OWN, WORKSPACE = "own", "workspace"


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page and its forms."""

    @blueprint.get("/settings/tracking")
    @access(SESSION)
    def show_tracking() -> Response:
        with services.reading_sessions() as session:
            return _render(session)

    @blueprint.post("/settings/tracking")
    @access(SESSION)
    def save_tracking() -> BaseResponse:
        viewer, chosen = current_viewer(), set(request.form.getlist("track"))
        with services.sessions.begin() as session:
            user = session.get_one(User, viewer.user_id)
            user.tracks_opens = "opens" in chosen
            user.tracks_links = "links" in chosen
            user.tracks_per_recipient = "per_recipient" in chosen
            note(
                session,
                services,
                AuditAction.SETTINGS_CHANGED,
                f"tracking defaults: {', '.join(sorted(chosen)) or 'nothing'}"[:200],
            )
        return redirect(url_for("pages.show_tracking", done="defaults"), 303)

    @blueprint.post("/settings/tracking/<whose>/add")
    @access(SESSION)
    def add_never_tracked(whose: str) -> BaseResponse:
        viewer = current_viewer()
        user_id = _require_list(viewer, whose)
        try:
            with services.sessions.begin() as session:
                add_exclusion(session, viewer.workspace_id, user_id, request.form.get("pattern", ""), services.clock())
                note(session, services, AuditAction.SETTINGS_CHANGED, f"never tracked ({whose}): one added")
        except InputError as error:
            with services.reading_sessions() as session:
                return _render(session, error=gettext(str(error)), whose=whose, status=400)
        return redirect(url_for("pages.show_tracking", done="added", _anchor=whose), 303)

    @blueprint.post("/settings/tracking/<whose>/<id:exclusion_id>/remove")
    @access(SESSION)
    def remove_never_tracked(whose: str, exclusion_id: str) -> BaseResponse:
        viewer = current_viewer()
        user_id = _require_list(viewer, whose)
        with services.sessions.begin() as session:
            if not remove_exclusion(session, viewer.workspace_id, user_id, exclusion_id):
                abort(404)
            note(session, services, AuditAction.SETTINGS_CHANGED, f"never tracked ({whose}): one removed")
        return redirect(url_for("pages.show_tracking", done="removed", _anchor=whose), 303)


def _require_list(viewer: Viewer, whose: str) -> str | None:
    """Return whose list it is, None for the workspace's, which only owner and admins change."""
    if whose == OWN:
        return viewer.user_id
    if whose != WORKSPACE:
        abort(404)
    if viewer.role not in _MANAGERS:
        abort(403, mark("Only the owner or an admin changes the workspace's list."))
    return None


def _render(
    session: Session,
    *,
    error: str | None = None,
    whose: str | None = None,
    status: int = 200,
) -> Response:
    viewer = current_viewer()
    lists = (
        (
            OWN,
            gettext("Never tracked: your own list"),
            list_exclusions(session, viewer.workspace_id, viewer.user_id),
            True,
        ),
        (
            WORKSPACE,
            gettext("Never tracked: the whole workspace's list"),
            list_exclusions(session, viewer.workspace_id, None),
            viewer.role in _MANAGERS,
        ),
    )
    response = render_page(
        session,
        viewer,
        "tracking.html",
        defaults=read_defaults(session.get_one(User, viewer.user_id)),
        lists=lists,
        error=error,
        error_in=whose,
        typed=request.form.get("pattern", ""),
        done=gettext(_DONE.get(request.args.get("done", ""), "")),
    )
    response.status_code = status
    return response
