"""One person, for those who manage people: their role, and what they have access to."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.roles import MANAGERS, OWNERS, Role, may_manage
from core.errors import InputError
from core.people.invitations import parse_role
from core.people.membership import change_role, hand_over_ownership
from core.people.roster import count_messages, find_person, list_access, list_people
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.people import ROLE_NAMES, build_line
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page of a person, and its forms."""

    @blueprint.get("/settings/people/<id:person_id>")
    @access(SESSION, roles=MANAGERS)
    def show_person(person_id: str) -> Response:
        with services.reading_sessions() as session:
            return render_person(session, services, person_id)

    @blueprint.post("/settings/people/<id:person_id>/role")
    @access(SESSION, roles=MANAGERS)
    def save_role(person_id: str) -> BaseResponse:
        try:
            with services.sessions.begin() as session:
                role = parse_role(request.form.get("role", ""))
                if not change_role(session, current_viewer(), person_id, role, services.clock()):
                    abort(404)
        except InputError as error:
            return answer_error(services, person_id, "role", error)
        return redirect(url_for("pages.show_people", done="role"), 303)

    @blueprint.post("/settings/people/<id:person_id>/owner")
    @access(SESSION, roles=OWNERS)
    def hand_over(person_id: str) -> BaseResponse:
        with services.sessions.begin() as session:
            if not hand_over_ownership(session, current_viewer(), person_id, services.clock()):
                abort(404)
        return redirect(url_for("pages.show_people", done="handed-over"), 303)


def answer_error(services: WebServices, person_id: str, field: str, error: InputError) -> Response:
    """Render the page again with what is wrong with a field."""
    with services.reading_sessions() as session:
        response = render_person(session, services, person_id, error=(field, gettext(str(error))))
    response.status_code = 400
    return response


def render_person(
    session: Session, services: WebServices, person_id: str, *, error: tuple[str, str] | None = None
) -> Response:
    """Render the page of a person, oneself included; `error` is the field that is wrong, and why."""
    viewer = current_viewer()
    person = find_person(session, viewer.workspace_id, person_id)
    if person is None:
        abort(404)
    people = list_people(session, viewer.workspace_id)
    found = list_access(session, viewer.workspace_id).get(person.id)
    owners = sum(other.role is Role.OWNER for other in people)
    return render_page(
        session,
        viewer,
        "person.html",
        line=build_line(services, person, viewer.user_id, viewer.role, found),
        role_names=ROLE_NAMES,
        roles=[role for role in Role if may_manage(viewer.role, role)],
        others=[other for other in people if other.id != person.id],
        is_owner=viewer.role in OWNERS,
        is_last_owner=person.role is Role.OWNER and owners == 1,
        messages=count_messages(session, person.id),
        error_field=error[0] if error else None,
        error=error[1] if error else None,
    )
