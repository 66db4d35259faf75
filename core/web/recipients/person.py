"""The page about one person in one workspace, opened by the link that was mailed to them."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction, record_audit
from core.accounts.sight import see_whole
from core.errors import VerificationError
from core.privacy.erasure import erase_recipient
from core.privacy.held import describe_recipient
from core.privacy.person_links import PERSON_PREFIX, Person, find_person, verify_person
from core.privacy.stopping import stop_person
from core.web.access import PUBLIC, access
from core.web.recipients import words
from core.web.recipients.rendering import render, render_message
from core.web.recipients.services import RecipientServices
from core.web.translation import current_language


def add_person_routes(blueprint: Blueprint, services: RecipientServices) -> None:
    """Add the page, its file, and what can be done on it."""

    @blueprint.get(f"{PERSON_PREFIX}<token>")
    @access(PUBLIC)
    def show_person(token: str) -> Response:
        try:
            person = _find(services, token)
        except VerificationError:
            return render_message("forged", 404)
        if person is None:
            return render_message("nothing", 200)
        held = _describe(services, person)
        done = words.DONE.get(request.args.get("done", ""), "")
        return render("recipient_person.html", 200, person=person, held=held, done=done, token=token)

    @blueprint.get(f"{PERSON_PREFIX}<token>/file")
    @access(PUBLIC)
    def download_person(token: str) -> Response:
        try:
            person = _find(services, token)
        except VerificationError:
            return render_message("forged", 404)
        if person is None:
            return render_message("nothing", 200)
        response = Response(orjson.dumps(_describe(services, person), option=orjson.OPT_INDENT_2))
        response.headers["Content-Type"] = "application/json"
        response.headers["Content-Disposition"] = 'attachment; filename="held-on-you.json"'
        return response

    @blueprint.post(f"{PERSON_PREFIX}<token>")
    @access(PUBLIC)
    def act_for_person(token: str) -> BaseResponse:
        try:
            person = _find(services, token)
        except VerificationError:
            return render_message("forged", 404)
        action = request.form.get("action", "")
        if person is not None and action in ("stop-all", "erase-all"):
            _change(services, person, action)
        return redirect(url_for(".show_person", token=token, lang=current_language(), done=action), 303)


def _find(services: RecipientServices, token: str) -> Person | None:
    recipient_id = verify_person(services.keys(), token, services.clock())
    with services.reading_sessions() as session:
        return find_person(session, recipient_id)


def _describe(services: RecipientServices, person: Person) -> dict[str, Any]:
    """Describe what is held on the person; of shared copies only how many visits there were: they may be others'."""
    with services.reading_sessions() as session:
        held = describe_recipient(session, see_whole(person.workspace_id), person.address)
    for message in held["messages"]:
        message["shared_visits"] = len(message.pop("shared_events"))
        for link in message["links"]:
            del link["clicks"]  # of all recipients together
    return held


def _change(services: RecipientServices, person: Person, action: str) -> None:
    now = services.clock()
    with services.sessions.begin() as session:
        if action == "stop-all":
            stop_person(session, person.workspace_id, person.address, now)
            return
        erase_recipient(session, see_whole(person.workspace_id), person.address, services.keys(), now)
        record_audit(
            session,
            workspace_id=person.workspace_id,
            actor_id=None,
            action=AuditAction.ERASURE,
            now=now,
            detail="by the recipient",
        )
    services.after_erasure()
