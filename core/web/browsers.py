"""The one cookie: who is signed in with it, and the form tokens derived from it.

Flask's own session, which would be a second cookie, is replaced: a browser's secret is looked up in SQL, and its CSRF
token is derived from it. A visitor gets the cookie only with a form.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast

from flask import Flask, Request, Response, abort, current_app, g, request, session
from flask.sessions import SessionInterface, SessionMixin

from core.accounts.cookies import CookieStyle, choose_cookie
from core.accounts.secrets import SECRET_CHARACTERS, create_secret
from core.accounts.sessions import SESSION_LIFETIME, Viewer, find_viewer, is_stale, touch_session
from core.web.access import Access, find_access, find_roles
from core.web.hosts import effective_host
from core.web.services import WebServices
from core.web.translation import mark

CSRF_FIELD = "csrf_token"
_REFUSED = mark("This is for those who manage this workspace: the settings say under People who they are.")
FORM_LIFETIME = timedelta(hours=1)
LIVE_HEADER = "X-Live"
"""Marks the requests by which open pages ask for news; they do not keep a session alive."""


class Browser(dict[str, Any], SessionMixin):
    """What is known of the browser that asks. `secret` is its cookie's, or a new one that it has not got yet."""

    def __init__(self, style: CookieStyle | None, secret: str | None) -> None:
        self.style = style
        self.has_cookie = secret is not None
        self.lifetime: timedelta | None = None
        self.use_secret(secret or create_secret())

    def use_secret(self, secret: str) -> None:
        """Take a secret and the form token that belongs to it."""
        self.secret = secret
        self[CSRF_FIELD] = hmac.new(secret.encode(), b"form", sha256).hexdigest()

    def sign_in(self, secret: str) -> None:
        """Give the browser the cookie of a session just begun."""
        self.use_secret(secret)
        self.lifetime = SESSION_LIFETIME

    def sign_out(self) -> None:
        """Take the cookie away."""
        self.lifetime = timedelta(0)


class Browsers(SessionInterface):
    """Reads and writes the cookie, named by how the request came in."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def open_session(self, app: Flask, request: Request) -> Browser:
        """Read the cookie. A value of the wrong form counts as none."""
        style = choose_cookie(self._public_url, effective_host(self._public_url))
        secret = request.cookies.get(style.name) if style is not None else None
        is_wellformed = secret is not None and len(secret) == SECRET_CHARACTERS and secret.isascii()
        return Browser(style, secret if is_wellformed else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie after signing in or out, and with the first form that a browser is shown."""
        browser = cast(Browser, session)
        lifetime = browser.lifetime
        if lifetime is None and CSRF_FIELD in g and not browser.has_cookie:
            lifetime = FORM_LIFETIME
        if lifetime is None or browser.style is None:
            return
        response.set_cookie(
            browser.style.name,
            browser.secret if lifetime else "",
            max_age=lifetime,
            secure=browser.style.secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )


def current_browser() -> Browser:
    """Return the browser of the current request."""
    return cast(Browser, session)


def find_current_viewer(services: WebServices) -> Viewer | None:
    """Return who is signed in, looked up once for each request."""
    if "viewer" not in g:
        g.viewer = _look_up(services)
    found: Viewer | None = g.viewer
    return found


def current_viewer() -> Viewer:
    """Return who is signed in, in a view marked SESSION."""
    viewer: Viewer = g.viewer
    return viewer


def _look_up(services: WebServices) -> Viewer | None:
    browser = current_browser()
    if browser.style is None or not browser.has_cookie:
        return None
    now = services.clock()
    with services.reading_sessions() as reading:
        viewer = find_viewer(reading, browser.secret, now)
    if viewer is not None and is_stale(viewer, now) and LIVE_HEADER not in request.headers:
        with services.sessions.begin() as writing:
            touch_session(writing, viewer.session_id, now)
    return viewer


def require_viewers(app: Flask, services: WebServices) -> None:
    """Answer views marked SESSION for signed-in browsers alone."""

    def check() -> None:
        view: Callable[..., Any] | None = current_app.view_functions.get(request.endpoint or "")
        if view is None or find_access(view) is not Access.SESSION:
            return
        viewer = find_current_viewer(services)
        if viewer is None:
            abort(401)
        if viewer.role not in find_roles(view):
            abort(403, _REFUSED)

    app.before_request(check)
