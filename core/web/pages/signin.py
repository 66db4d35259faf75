"""The way in and out: the one-time link, whose page shows a button; only the button's POST uses it up."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.cookies import REFUSAL
from core.accounts.entry import BY_LINK
from core.accounts.entry import sign_out as leave
from core.accounts.signin import is_usable, use_signin_link
from core.web.access import PUBLIC, access
from core.web.browsers import current_browser, find_current_viewer
from core.web.entry import enter
from core.web.pages.start.home import find_home
from core.web.services import WebServices
from core.web.throttles import Throttles, Trial


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the front page, the sign-in page, and signing out."""
    throttles = Throttles(services)

    @blueprint.get("/")
    @access(PUBLIC)
    def show_front() -> BaseResponse:
        viewer = find_current_viewer(services)
        if viewer is not None:
            with services.reading_sessions() as session:
                return redirect(url_for(find_home(session, viewer)), 303)
        return Response(render_template("front.html"), content_type="text/html; charset=utf-8")

    @blueprint.get("/signin/<secret>")
    @access(PUBLIC)
    def show_signin(secret: str) -> Response:
        _refuse_unsafe()
        throttles.refuse_after_failures(Trial.SIGNIN_LINK)
        with services.reading_sessions() as session:
            usable = is_usable(session, secret, services.clock())
        return _render(throttles, usable=usable)

    @blueprint.post("/signin/<secret>")
    @access(PUBLIC)
    def sign_in(secret: str) -> BaseResponse:
        _refuse_unsafe()
        throttles.refuse_after_failures(Trial.SIGNIN_LINK)
        with services.sessions.begin() as session:
            user = use_signin_link(session, secret, services.clock())
            if user is None:
                return _render(throttles, usable=False)
            cookie = enter(services, session, user.id, BY_LINK)
        current_browser().sign_in(cookie)
        return redirect(url_for("pages.show_front"), 303)

    @blueprint.post("/signout")
    @access(PUBLIC)
    def sign_out() -> BaseResponse:
        viewer = find_current_viewer(services)
        if viewer is not None:
            with services.sessions.begin() as session:
                leave(session, viewer, services.clock())
        current_browser().sign_out()
        return redirect(url_for("pages.show_front"), 303)


def _refuse_unsafe() -> None:
    if current_browser().style is None:
        abort(403, REFUSAL)


def _render(throttles: Throttles, *, usable: bool) -> Response:
    if not usable:
        throttles.count_failure(Trial.SIGNIN_LINK)
    page = render_template("signin.html", usable=usable)
    return Response(page, 200 if usable else 410, content_type="text/html; charset=utf-8")
