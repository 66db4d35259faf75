"""The people page: who is there, who has access to what, how others come in, and what of one's own the team sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.install.connections import KNOWN_PROVIDERS, ConnectionState, ConnectionView
from core.accounts.roles import MANAGERS, OWNERS, Role, may_manage
from core.errors import InputError
from core.people.domains import allow_domain, disallow_domain, list_domains
from core.people.invitations import list_invitations
from core.people.membership import set_sharing
from core.people.roster import AccessOf, Person, list_access, list_people
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

ROLE_NAMES: Final = {Role.OWNER: mark("Owner"), Role.ADMIN: mark("Admin"), Role.MEMBER: mark("Member")}
_DONE: Final = {
    "sharing": mark("Your choice was saved."),
    "revoked": mark("The invitation was revoked. Its link does not work any more."),
    "role": mark("The role was changed. It counts from now on."),
    "handed-over": mark("The workspace has a new owner, and you are an admin now."),
    "removed": mark("The person was removed. Their sessions, tokens and connections ended."),
    "domain": mark("People of that domain may join now."),
    "domain-gone": mark("People of that domain may no longer join. Who joined stays."),
}


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connected account in words."""

    provider: str
    email: str | None
    uses: tuple[str, ...]
    needs_user: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person with what those who manage people are shown; `access` is None for the others."""

    person: Person
    role: str
    is_self: bool
    can_manage: bool
    access: AccessOf | None
    connections: tuple[ConnectionLine, ...]

    @property
    def initials(self) -> str:
        """One or two letters that stand for the person."""
        words = [word for word in self.person.title.partition("@")[0].replace(".", " ").split() if word[0].isalnum()]
        return "".join(word[0] for word in words[:2]).upper() or "?"


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, and the forms for sharing and for domains."""

    @blueprint.get("/settings/people")
    @access(SESSION)
    def show_people() -> Response:
        with services.reading_sessions() as session:
            return render_people(session, services, done=gettext(_DONE.get(request.args.get("done", ""), "")))

    @blueprint.post("/settings/people/sharing")
    @access(SESSION)
    def save_sharing() -> BaseResponse:
        with services.sessions.begin() as session:
            set_sharing(session, current_viewer(), shares="share" in request.form, now=services.clock())
        return redirect(url_for("pages.show_people", done="sharing"), 303)

    @blueprint.post("/settings/people/domains")
    @access(SESSION, roles=OWNERS)
    def add_domain() -> BaseResponse:
        try:
            with services.sessions.begin() as session:
                allow_domain(session, current_viewer(), request.form.get("domain", ""), services.clock())
        except InputError as error:
            with services.reading_sessions() as session:
                return render_people(session, services, error=("domain", gettext(str(error))))
        return redirect(url_for("pages.show_people", done="domain"), 303)

    @blueprint.post("/settings/people/domains/remove")
    @access(SESSION, roles=OWNERS)
    def remove_domain() -> BaseResponse:
        with services.sessions.begin() as session:
            disallow_domain(session, current_viewer(), request.form.get("domain", ""), services.clock())
        return redirect(url_for("pages.show_people", done="domain-gone"), 303)


def render_people(
    session: Session, services: WebServices, *, done: str | None = None, error: tuple[str, str] | None = None
) -> Response:
    """Render the page; `error` is the field that is wrong, and why."""
    viewer = current_viewer()
    manages = viewer.role in MANAGERS
    people = list_people(session, viewer.workspace_id)
    accesses = list_access(session, viewer.workspace_id) if manages else {}
    lines = [build_line(services, person, viewer.user_id, viewer.role, accesses.get(person.id)) for person in people]
    response = render_page(
        session,
        viewer,
        "people.html",
        lines=lines,
        manages=manages,
        is_owner=viewer.role in OWNERS,
        role_names=ROLE_NAMES,
        invitations=list_invitations(session, viewer.workspace_id, services.clock()) if manages else [],
        may_manage=may_manage,
        domains=list_domains(session, viewer.workspace_id) if manages else [],
        has_providers=services.installer is not None and bool(services.installer.providers),
        has_smtp=services.settings.smtp_url is not None,
        shares=any(line.is_self and line.person.shares_messages for line in lines),
        typed=request.form,
        error_field=error[0] if error else None,
        error=error[1] if error else None,
        done=done,
    )
    response.status_code = 400 if error else 200
    return response


def build_line(
    services: WebServices, person: Person, viewer_id: str, viewer_role: str, found: AccessOf | None
) -> PersonLine:
    """Put a person into words."""
    return PersonLine(
        person=person,
        role=ROLE_NAMES[person.role],
        is_self=person.id == viewer_id,
        can_manage=person.id != viewer_id and may_manage(viewer_role, person.role),
        access=found,
        connections=tuple(_describe(services, connection) for connection in found.connections) if found else (),
    )


def _describe(services: WebServices, connection: ConnectionView) -> ConnectionLine:
    provider = services.installer.providers.get(connection.provider) if services.installer is not None else None
    features = provider.features if provider is not None else ()
    uses = [gettext(feature.title) for feature in features if feature.scopes and feature.scopes <= connection.scopes]
    # What was granted and is no use known here is named as the provider names it.
    known = frozenset[str]().union(*(feature.scopes for feature in features))
    return ConnectionLine(
        KNOWN_PROVIDERS.get(connection.provider, connection.provider),
        connection.email,
        (*uses, *sorted(connection.scopes - known)),
        connection.state is ConnectionState.RECONNECT,
    )
