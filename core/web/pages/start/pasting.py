"""Pasting providers' credentials: for owners and admins, sealed, used at once. What the environment sets wins."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.providers.client_file import parse_client_file
from core.accounts.providers.consoles import CONSOLES, redirect_uri
from core.accounts.providers.credentials import (
    ClientCredentials,
    Source,
    parse_pasted,
    remove_credentials,
    store_credentials,
)
from core.errors import InputError
from core.storage.sealing import Sealer
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.audited import note
from core.web.pages.start.facts import is_operator
from core.web.pages.start.page import render_start
from core.web.services import WebServices
from core.web.translation import gettext, mark


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the forms."""

    @blueprint.post("/start/credentials/<provider>")
    @access(SESSION)
    def save_credentials(provider: str) -> BaseResponse:
        _require_operator(services, provider)
        try:
            given, is_listed = _read_form(services, provider)
        except InputError as error:
            return render_start(services, error=gettext(str(error)), form=provider, status=400)
        ring = services.installer.ring if services.installer is not None else services.keys
        with services.sessions.begin() as session:
            store_credentials(session, Sealer(ring), provider, given, current_viewer().user_id, services.clock())
            note(session, services, AuditAction.SETTINGS_CHANGED, f"credentials of {provider} pasted in")
        _forget(services)
        missing = None if is_listed else provider
        return redirect(url_for("pages.show_start", done=provider, missing=missing, _anchor="credentials"), 303)

    @blueprint.post("/start/credentials/<provider>/remove")
    @access(SESSION)
    def forget_credentials(provider: str) -> BaseResponse:
        _require_operator(services, provider)
        with services.sessions.begin() as session:
            if remove_credentials(session, provider):
                note(session, services, AuditAction.SETTINGS_CHANGED, f"pasted credentials of {provider} forgotten")
        _forget(services)
        return redirect(url_for("pages.show_start", done="removed", _anchor="credentials"), 303)


def _require_operator(services: WebServices, provider: str) -> None:
    if provider not in {console.provider for console in CONSOLES} or services.registry is None:
        abort(404)
    with services.reading_sessions() as session:
        if not is_operator(session, current_viewer()):
            abort(403, mark("Only the owner or an admin sets up the credentials of providers."))
    found = services.registry.credentials().get(provider)
    if found is not None and found.source is Source.ENVIRONMENT:
        abort(409, mark("The environment sets these credentials, and it wins: change them there."))


def _read_form(services: WebServices, provider: str) -> tuple[ClientCredentials, bool]:
    """Return what was pasted, and whether its console is known to list our redirect URI. Raises InputError."""
    form = request.form
    if provider == "google" and form.get("client_file", "").strip():
        file = parse_client_file(form["client_file"])
        return file.credentials, not file.is_missing(redirect_uri(services.settings.public_url, provider))
    tenant = form.get("tenant", "") if provider == "microsoft" else None
    if provider == "google" and not form.get("client_id", "").strip():
        parse_client_file("")
    return parse_pasted(form.get("client_id", ""), form.get("client_secret", ""), tenant), True


def _forget(services: WebServices) -> None:
    if services.registry is not None:
        services.registry.forget()
