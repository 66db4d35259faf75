"""Beginning the self-test, and taking it away again. A worker carries it out; the start page follows it."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.owner import PLACEHOLDER_EMAIL
from core.alerts.email import create_letterhead
from core.alerts.smtp import parse_smtp_url
from core.errors import UnavailableError
from core.selftest.runs import begin_run, remove_run
from core.selftest.senders import find_way
from core.settings import Settings
from core.storage.accounts import User
from core.tokens import TokenSigner
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.services import WebServices


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add both forms."""

    @blueprint.post("/start/test")
    @access(SESSION)
    def begin_test() -> BaseResponse:
        if services.queue_self_test is None:
            abort(404)
        viewer, settings = current_viewer(), services.settings
        if viewer.email == PLACEHOLDER_EMAIL:
            return redirect(url_for("pages.show_start", done="address", _anchor="address-form"), 303)
        providers = services.installer.providers if services.installer is not None else {}
        ring = services.installer.ring if services.installer is not None else services.keys
        with services.sessions.begin() as session:
            way = find_way(session, viewer.user_id, providers, _find_smtp_sender(settings))
            run_id = begin_run(
                session,
                TokenSigner(ring),
                settings.tracking_url,
                f"{settings.public_url}/start",
                session.get_one(User, viewer.user_id),
                way,
                services.clock(),
                is_temporary=settings.has_temporary_url,
            )
        try:
            services.queue_self_test(viewer.user_id, run_id)
        except UnavailableError:
            with services.sessions.begin() as session:
                remove_run(session, viewer.user_id)
            return redirect(url_for("pages.show_start", done="queue"), 303)
        return redirect(url_for("pages.show_start", _anchor="test"), 303)

    @blueprint.post("/start/test/remove")
    @access(SESSION)
    def remove_test() -> BaseResponse:
        with services.sessions.begin() as session:
            remove_run(session, current_viewer().user_id)
        return redirect(url_for("pages.show_start", done="test-removed"), 303)


def _find_smtp_sender(settings: Settings) -> str | None:
    if settings.smtp_url is None:
        return None
    return create_letterhead(settings, parse_smtp_url(settings.smtp_url)).sender
