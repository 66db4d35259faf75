"""Going to a provider and coming back: `/connect/<provider>` and its callback. The flow is `accounts.install`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped]  # ships no types
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.cookies import REFUSAL, same_host
from core.accounts.install.failures import InstallError
from core.accounts.install.installer import Installer, Outcome
from core.web.access import PUBLIC, access
from core.web.browsers import current_browser, find_current_viewer
from core.web.entry import enter
from core.web.hosts import effective_host
from core.web.services import WebServices
from core.web.throttles import Throttles, Trial

# What an attempt asked for, that a second one asks for again.
_KEPT = ("feature", "connection", "next")


def add_routes(blueprint: Blueprint, services: WebServices, installer: Installer) -> None:
    """Add both routes."""
    throttles = Throttles(services)

    @blueprint.get("/connect/<provider>")
    @access(PUBLIC)
    def begin_install(provider: str) -> BaseResponse:
        if current_browser().style is None:
            abort(403, REFUSAL)
        if not same_host(services.settings.public_url, effective_host(services.settings.public_url)):
            # The provider sends browsers back to the public URL, where a cookie of this host is not seen.
            return redirect(services.settings.public_url + request.full_path, 303)
        try:
            response = redirect(_begin(services, installer, provider, throttles), 303)
        except InstallError as error:
            kept = [(name, value) for name in _KEPT for value in request.args.getlist(name)]
            return _show_failure(error, provider, kept)
        generate_csrf()  # with a form's token, a visitor without a cookie gets the one that the state is bound to
        return response

    @blueprint.get("/connect/<provider>/callback")
    @access(PUBLIC)
    def finish_install(provider: str) -> BaseResponse:
        if current_browser().style is None:
            abort(403, REFUSAL)
        throttles.refuse_after_failures(Trial.CALLBACK)
        if "admin_consent" in request.args:  # an admin was asked for all; nothing here depends on the answer
            return _html(render_template("connect_admin.html"))
        viewer = find_current_viewer(services)
        try:
            outcome = installer.finish(
                provider, request.args, current_browser().secret, viewer.user_id if viewer is not None else None
            )
        except InstallError as error:
            throttles.count_failure(Trial.CALLBACK)
            return _show_failure(error, provider, [("feature", name) for name in error.features])
        if outcome.connection_id is not None:
            return redirect(url_for("pages.show_connection", connection_id=outcome.connection_id, new=1), 303)
        return _sign_in(services, outcome, installer.find_provider(provider).title)


def _begin(services: WebServices, installer: Installer, provider: str, throttles: Throttles) -> str:
    viewer, secret = find_current_viewer(services), current_browser().secret
    if viewer is None:
        throttles.count(Trial.CONNECT)
        return installer.begin_signin(provider, secret, _local_path(request.args.get("next", "")))
    features = tuple(dict.fromkeys(request.args.getlist("feature")))
    return installer.begin_connection(provider, secret, viewer.user_id, features, request.args.get("connection"))


def _local_path(path: str) -> str:
    """Return a path on this very server; anything else (another host, a control character) is the start."""
    is_local = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    return path if is_local and "\\" not in path and len(path) <= 500 else "/"


def _sign_in(services: WebServices, outcome: Outcome, way: str) -> BaseResponse:
    with services.sessions.begin() as session:
        cookie = enter(services, session, outcome.user_id, way)
    current_browser().sign_in(cookie)
    return redirect(outcome.return_path, 303)


def _show_failure(error: InstallError, provider: str, kept: Sequence[tuple[str, str]]) -> Response:
    """Show what went wrong; trying again asks for what was `kept`."""
    query = f"?{urlencode(kept)}" if kept else ""
    page = render_template("connect_failed.html", failure=error, retry_path=f"/connect/{quote(provider)}{query}")
    return _html(page, error.status)


def _html(page: str, status: int = 200) -> Response:
    return Response(page, status, content_type="text/html; charset=utf-8")
