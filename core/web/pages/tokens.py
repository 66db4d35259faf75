"""The page of API tokens: made with the scopes that are needed, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.api_tokens import create_api_token, list_api_tokens, revoke_api_token
from core.accounts.audit import AuditAction
from core.accounts.scopes import MEANINGS, Scope, parse_scopes, read_scopes
from core.errors import InputError
from core.storage.accounts import User
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.audited import note
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

_DONE = {"revoked": mark("The token was revoked: it works no more."), "gone": mark("That token was revoked already.")}
_LIFETIMES: Final = {
    "": mark("Never"),
    "30": mark("After 30 days"),
    "90": mark("After 90 days"),
    "365": mark("After a year"),
}
_USUAL: Final = frozenset({Scope.READ_MESSAGES, Scope.WRITE_MESSAGES, Scope.READ_EVENTS})


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page and its forms."""

    @blueprint.get("/settings/tokens")
    @access(SESSION)
    def show_tokens() -> Response:
        return _render(services, done=gettext(_DONE.get(request.args.get("done", ""), "")))

    @blueprint.post("/settings/tokens")
    @access(SESSION)
    def make_token() -> Response:
        try:
            with services.sessions.begin() as session:
                made = _create(session, services)
        except InputError as error:
            return _render(services, error=gettext(str(error)), status=400)
        # Not redirected: the answer to this very request is the one place where the token is shown.
        return _render(services, made=made)

    @blueprint.post("/settings/tokens/<id:token_id>/revoke")
    @access(SESSION)
    def revoke_token(token_id: str) -> BaseResponse:
        viewer, now = current_viewer(), services.clock()
        with services.sessions.begin() as session:
            is_ended = revoke_api_token(session, viewer.workspace_id, token_id, now, user_id=viewer.user_id)
            if is_ended:
                note(session, services, AuditAction.TOKEN_REVOKED, subject=f"token:{token_id}")
        return redirect(url_for("pages.show_tokens", done="revoked" if is_ended else "gone"), 303)


def _create(session: Session, services: WebServices) -> str:
    now = services.clock()
    lifetime = request.form.get("lifetime", "")
    if lifetime not in _LIFETIMES:
        raise InputError("Choose one of the given times after which the token ends.")
    scopes = parse_scopes(request.form.getlist("scope"))
    user, name = session.get_one(User, current_viewer().user_id), request.form.get("name", "")
    expires_at = now + timedelta(days=int(lifetime)) if lifetime else None
    made = create_api_token(session, user, name, now, scopes=scopes, expires_at=expires_at)
    note(session, services, AuditAction.TOKEN_CREATED, f"{name}: {', '.join(sorted(scopes))}")
    return made


def _render(
    services: WebServices,
    *,
    done: str | None = None,
    made: str | None = None,
    error: str | None = None,
    status: int = 200,
) -> Response:
    viewer = current_viewer()
    chosen = request.form.getlist("scope") if error else [scope.value for scope in _USUAL]
    with services.reading_sessions() as session:
        response = render_page(
            session,
            viewer,
            "tokens.html",
            tokens=list_api_tokens(session, viewer.user_id),
            read_scopes=read_scopes,
            meanings=MEANINGS,
            lifetimes=_LIFETIMES,
            chosen=chosen,
            typed=request.form.get("name", "") if error else "",
            now=services.clock(),
            base_url=f"{services.settings.public_url}/api/v1",
            done=done,
            made=made,
            error=error,
        )
    response.status_code = status
    return response
