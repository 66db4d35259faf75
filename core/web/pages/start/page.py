"""The start page and its forms: `/start`."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.sessions import Viewer
from core.errors import InputError
from core.selftest.runs import find_run
from core.storage.accounts import User
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.live import answer_unchanged, fingerprint
from core.web.pages.own_address import save_own_address
from core.web.pages.rendering import render_live_page
from core.web.pages.start.checklist import build_checklist
from core.web.pages.start.credentials import describe_credentials
from core.web.pages.start.facts import gather_facts
from core.web.pages.start.home import find_home
from core.web.pages.start.progress import describe_run
from core.web.release import find_version
from core.web.services import WebServices
from core.web.translation import gettext, mark

_DONE = {
    "email": mark("Your address was saved."),
    "google": mark("Google's credentials were saved. People can connect their accounts now."),
    "microsoft": mark("Microsoft's credentials were saved. People can connect their accounts now."),
    "removed": mark("The pasted credentials were forgotten."),
    "test-removed": mark("The test message was removed, with what was seen of it."),
    "queue": mark("The test could not be begun: Redis does not answer. Run `mailerplex doctor`."),
    "address": mark("Enter your address first: the test message needs somewhere to go."),
    "shown": mark("Start opens first again."),
}
_BAD = frozenset({"queue", "address"})


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, the form of the address, and the choice of what opens first."""

    @blueprint.get("/start")
    @access(SESSION)
    def show_start() -> Response:
        return render_start(services)

    @blueprint.post("/start/email")
    @access(SESSION)
    def save_start_email() -> BaseResponse:
        try:
            with services.sessions.begin() as session:
                save_own_address(session, services)
        except InputError as error:
            return render_start(services, error=gettext(str(error)), form="email", status=400)
        return redirect(url_for("pages.show_start", done="email"), 303)

    @blueprint.post("/start/hide")
    @access(SESSION)
    def hide_start() -> BaseResponse:
        hides = request.form.get("hide", "1") == "1"
        with services.sessions.begin() as session:
            session.get_one(User, current_viewer().user_id).hides_start = hides
        target = url_for("pages.show_activity") if hides else url_for("pages.show_start", done="shown")
        return redirect(target, 303)


def render_start(
    services: WebServices, *, error: str | None = None, form: str | None = None, status: int = 200
) -> Response:
    """Render the page; `error` belongs to the form of that name."""
    viewer, now = current_viewer(), services.clock()
    done = request.args.get("done", "")
    with services.reading_sessions() as session:
        facts = gather_facts(session, viewer, services)
        run = find_run(session, viewer.user_id)
        credentials = describe_credentials(services, facts)
        hides = find_home(session, viewer) != "pages.show_start"
        overdue = run is not None and run.is_overdue(now)
        tag = _tag(session, viewer, (facts, run, overdue, hides, [shown.state for shown in credentials]))
        if status == 200 and (unchanged := answer_unchanged(tag)) is not None:
            return unchanged
        context: dict[str, Any] = {
            "facts": facts,
            "checklist": build_checklist(facts),
            "test": describe_run(run, now) if run is not None else None,
            "credentials": credentials,
            "can_test": services.queue_self_test is not None,
            "hides": hides,
            "done": gettext(_DONE.get(done, "")),
            "is_bad": done in _BAD,
            "missing_redirect": _find_missing(services, request.args.get("missing")),
            "error": error,
            "form": form,
            "typed": request.form,
        }
        response = render_live_page(session, viewer, tag, "start.html", **context)
    response.status_code = status
    return response


def _tag(session: Session, viewer: Viewer, shown: object) -> str:
    parts = (fingerprint(session, viewer, find_version()), shown)
    return f'"{blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def _find_missing(services: WebServices, provider: str | None) -> str | None:
    """Return the redirect URI that a pasted file did not list."""
    if provider != "google" or services.installer is None:
        return None
    return services.installer.redirect_uri(provider)
