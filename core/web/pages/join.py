"""Accepting an invitation: its link shows a button, and only the button's POST uses it up and signs the browser in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.cookies import REFUSAL
from core.accounts.entry import BY_INVITATION
from core.alerts.rules import create_default_rules
from core.people.invitations import InvitationView, find_invitation
from core.people.joining import join_by_link
from core.web.access import PUBLIC, access
from core.web.browsers import current_browser, find_current_viewer
from core.web.entry import enter
from core.web.pages.people import ROLE_NAMES
from core.web.services import WebServices
from core.web.throttles import Throttles, Trial


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page and its button."""
    throttles = Throttles(services)

    @blueprint.get("/join/<secret>")
    @access(PUBLIC)
    def show_invitation(secret: str) -> Response:
        _refuse_unsafe()
        throttles.refuse_after_failures(Trial.INVITATION)
        with services.reading_sessions() as session:
            return _render(services, throttles, find_invitation(session, secret, services.clock()))

    @blueprint.post("/join/<secret>")
    @access(PUBLIC)
    def join(secret: str) -> BaseResponse:
        _refuse_unsafe()
        throttles.refuse_after_failures(Trial.INVITATION)
        try:
            cookie = _join(services, secret)
        except IntegrityError:  # the same address joined at this moment, by signing in
            cookie = None
        if cookie is None:
            return _render(services, throttles, None)
        current_browser().sign_in(cookie)
        return redirect(url_for("pages.show_front"), 303)


def _join(services: WebServices, secret: str) -> str | None:
    """Join and sign in; return the secret for the browser's cookie, None where the link does not work."""
    with services.sessions.begin() as session:
        user = join_by_link(session, secret, services.clock())
        if user is None:
            return None
        create_default_rules(session, user, with_email=services.settings.smtp_url is not None)
        return enter(services, session, user.id, BY_INVITATION)


def _refuse_unsafe() -> None:
    if current_browser().style is None:
        abort(403, REFUSAL)


def _render(services: WebServices, throttles: Throttles, invitation: InvitationView | None) -> Response:
    if invitation is None:
        throttles.count_failure(Trial.INVITATION)
    viewer = find_current_viewer(services)
    page = render_template(
        "join.html",
        invitation=invitation,
        role=ROLE_NAMES[invitation.role] if invitation is not None else None,
        signed_in_as=viewer.email if viewer is not None else None,
    )
    return Response(page, 200 if invitation is not None else 410, content_type="text/html; charset=utf-8")
