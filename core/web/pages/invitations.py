"""Inviting people: the mail goes out, or the link is shown, once."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.roles import MANAGERS
from core.errors import InputError
from core.people.invitations import MadeInvitation, invite, renew_invitation, revoke_invitation
from core.people.letter import build_join_url
from core.people.postman import Delivery
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.people import ROLE_NAMES, render_people
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the forms."""

    @blueprint.post("/settings/people/invitations")
    @access(SESSION, roles=MANAGERS)
    def send_invitation() -> BaseResponse:
        try:
            made = _invite_twice(services)
        except InputError as error:
            with services.reading_sessions() as session:
                return render_people(session, services, error=("email", gettext(str(error))))
        return _mail(services, made)

    @blueprint.post("/settings/people/invitations/<id:invitation_id>/resend")
    @access(SESSION, roles=MANAGERS)
    def resend_invitation(invitation_id: str) -> BaseResponse:
        try:
            with services.sessions.begin() as session:
                made = renew_invitation(session, current_viewer(), invitation_id, services.clock())
        except InputError as error:
            with services.reading_sessions() as session:
                return render_people(session, services, error=("invitation", gettext(str(error))))
        if made is None:
            abort(404)
        return _mail(services, made)

    @blueprint.post("/settings/people/invitations/<id:invitation_id>/revoke")
    @access(SESSION, roles=MANAGERS)
    def end_invitation(invitation_id: str) -> BaseResponse:
        with services.sessions.begin() as session:
            if not revoke_invitation(session, current_viewer(), invitation_id, services.clock()):
                abort(404)
        return redirect(url_for("pages.show_people", done="revoked"), 303)


def _invite_twice(services: WebServices) -> MadeInvitation:
    """Invite; once more where a second click invited the same address at the same moment."""
    try:
        return _invite(services)
    except IntegrityError:
        return _invite(services)


def _invite(services: WebServices) -> MadeInvitation:
    email, role = request.form.get("email", ""), request.form.get("role", "member")
    with services.sessions.begin() as session:
        return invite(session, current_viewer(), email, role, services.clock())


def _mail(services: WebServices, made: MadeInvitation) -> Response:
    """Mail an invitation, and answer with what happened; the link is on the page where the mail may not arrive."""
    delivery = services.mail_invitation(made, services.clock())
    link = None if delivery is Delivery.MAILED else build_join_url(services.settings.public_url, made.secret)
    with services.reading_sessions() as session:
        return render_page(
            session,
            current_viewer(),
            "invited.html",
            invitation=made,
            role=ROLE_NAMES[made.role],
            delivery=delivery.value,
            link=link,
        )
