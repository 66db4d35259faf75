"""Removing a person, and leaving oneself: what becomes of the messages is chosen each time."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.install.connections import list_connections
from core.accounts.roles import MANAGERS
from core.errors import InputError
from core.people.membership import Estate, check_removal, remove_person
from core.web.access import SESSION, access
from core.web.browsers import current_browser, current_viewer
from core.web.pages.person import answer_error, render_person
from core.web.services import WebServices

_DELETE = "delete"


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the forms, and the page of leaving."""

    @blueprint.post("/settings/people/<id:person_id>/remove")
    @access(SESSION, roles=MANAGERS)
    def end_membership(person_id: str) -> BaseResponse:
        try:
            if not _end_person(services, person_id):
                abort(404)
        except InputError as error:
            return answer_error(services, person_id, "messages", error)
        return redirect(url_for("pages.show_people", done="removed"), 303)

    @blueprint.get("/settings/people/leave")
    @access(SESSION)
    def show_leaving() -> Response:
        with services.reading_sessions() as session:
            return render_person(session, services, current_viewer().user_id)

    @blueprint.post("/settings/people/leave")
    @access(SESSION)
    def leave_workspace() -> BaseResponse:
        try:
            _end_person(services, current_viewer().user_id)
        except InputError as error:
            return answer_error(services, current_viewer().user_id, "messages", error)
        current_browser().sign_out()
        return redirect(url_for("pages.show_front"), 303)


def _end_person(services: WebServices, person_id: str) -> bool:
    """Take grants back at providers, then remove the person. The first is no part of a transaction: it calls out."""
    viewer = current_viewer()
    estate = _read_estate()
    with services.sessions.begin() as session:
        if not check_removal(session, viewer, person_id):
            return False
        connections = list_connections(session, person_id)
    if services.installer is not None:
        for connection in connections:
            services.installer.disconnect(person_id, connection.id)
    with services.sessions.begin() as session:
        return remove_person(session, viewer, person_id, estate, services.clock())


def _read_estate() -> Estate:
    chosen = request.form.get("messages", "")
    if not chosen:
        raise InputError("Choose what becomes of the messages.")
    return Estate(None if chosen == _DELETE else chosen)
