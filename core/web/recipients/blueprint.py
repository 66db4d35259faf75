"""Routes of the recipients' pages. A GET changes nothing (previews and scanners fetch it); a POST acts.

The token in the address is what gives the right to act, so there is no form token and no cookie; a POST that another
site's page sends is refused all the same.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.errors import InputError, VerificationError
from core.links import PAGE_PREFIX
from core.messages.draft import clean_address, fold_address
from core.privacy.copy_erasure import erase_copy
from core.privacy.copy_page import find_copy_page
from core.privacy.person_links import PERSON_PREFIX, find_recipient_id, sign_person
from core.privacy.stopping import stop_copy
from core.web.access import PUBLIC, access
from core.web.hosts import effective_host
from core.web.origins import is_same_origin
from core.web.recipients import words
from core.web.recipients.person import add_person_routes
from core.web.recipients.rendering import render, render_message, speak
from core.web.recipients.services import RecipientServices
from core.web.translation import current_language


def create_recipient_blueprint(services: RecipientServices) -> Blueprint:
    """Make the routes. Exempt them from CSRF checks: there is no cookie to ride on."""
    blueprint = Blueprint("recipients", __name__)
    blueprint.before_request(speak)
    blueprint.before_request(lambda: _refuse_other_sites(services))
    blueprint.after_request(_keep_private)
    _add_copy_routes(blueprint, services)
    add_person_routes(blueprint, services)
    return blueprint


def _refuse_other_sites(services: RecipientServices) -> Response | None:
    host = effective_host(services.settings.public_url)
    if request.method == "POST" and not is_same_origin(dict(request.headers), host):
        return render_message("refused", 400)
    return None


def _keep_private(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    # The address of the page is a secret: no link on it may tell it.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _add_copy_routes(blueprint: Blueprint, services: RecipientServices) -> None:
    @blueprint.get(f"{PAGE_PREFIX}<token>")
    @access(PUBLIC)
    def show_copy(token: str) -> Response:
        try:
            copy_id = services.signer().verify_page(token)
        except VerificationError:
            return render_message("forged", 404)
        return _render_copy(services, copy_id, done=request.args.get("done", ""))

    @blueprint.post(f"{PAGE_PREFIX}<token>")
    @access(PUBLIC)
    def act_on_copy(token: str) -> BaseResponse:
        try:
            copy_id = services.signer().verify_page(token)
        except VerificationError:
            return render_message("forged", 404)
        action = request.form.get("action", "")
        if action == "mail":
            refused = _mail_link(services, copy_id)
            if refused is not None:
                return refused
        elif action in ("stop", "erase"):
            _change_copy(services, copy_id, action)
        else:
            return _render_copy(services, copy_id, status=400)
        return redirect(url_for(".show_copy", token=token, lang=current_language(), done=action), 303)


def _change_copy(services: RecipientServices, copy_id: int, action: str) -> None:
    now = services.clock()
    with services.sessions.begin() as session:
        if action == "stop":
            stop_copy(session, copy_id, now)
            return
        erase_copy(session, copy_id, services.keys(), now)
    services.after_erasure()


def _render_copy(
    services: RecipientServices, copy_id: int, *, done: str = "", error: str = "", status: int = 200
) -> Response:
    with services.reading_sessions() as session:
        page = find_copy_page(session, copy_id)
    if page is None:
        return render_message("gone", 200)
    return render(
        "recipient.html",
        status,
        page=page,
        done=words.DONE.get(done, ""),
        error=error,
        can_mail=services.send_link is not None,
    )


def _mail_link(services: RecipientServices, copy_id: int) -> Response | None:
    """Have a link mailed, if the address is one of a recipient; the answer is the same if not."""
    try:
        folded = fold_address(clean_address(request.form.get("address", "")[:400]))
    except InputError:
        return _render_copy(services, copy_id, error=words.NOT_AN_ADDRESS, status=400)
    if not services.limits.allow(copy_id, folded):
        return _render_copy(services, copy_id, error=words.TOO_MANY, status=429)
    # What needs the request is taken here; the work is done after the answer, whose time so tells nothing.
    host, language = request.host, current_language()
    services.later(lambda: _look_up_and_mail(services, copy_id, folded, host, language))
    return None


def _look_up_and_mail(services: RecipientServices, copy_id: int, folded: str, host: str, language: str) -> None:
    with services.reading_sessions() as session:
        recipient_id = find_recipient_id(session, copy_id, folded)
    if recipient_id is None or services.send_link is None:
        return
    token = sign_person(services.keys(), recipient_id, services.clock())
    link = f"{services.settings.public_url}{PERSON_PREFIX}{token}?lang={language}"
    services.send_link(folded, link, host, language)
