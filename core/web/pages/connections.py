"""The page of connected accounts, and of one: what was granted, what works with it, and how to end it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.install.connections import (
    KNOWN_PROVIDERS,
    ConnectionState,
    ConnectionView,
    find_connection,
    list_connections,
    sort_features,
)
from core.accounts.install.installer import Installer
from core.ports import Feature, IdentityProvider
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

_DONE = {
    "clean": mark("The account was disconnected, and what was held of it here is erased."),
    "google": mark(
        "The account was disconnected here. Google could not be told: remove MailerPlex among its connections."
    ),
    "microsoft": mark("The account was disconnected here. Microsoft lets only you take the consent itself back."),
}


@dataclass(frozen=True, slots=True)
class _Card:
    """A connection with what it works for."""

    connection: ConnectionView
    title: str
    provider: IdentityProvider | None
    working: list[Feature]
    missing: list[Feature]

    @property
    def needs_user(self) -> bool:
        """Say whether it must be granted again."""
        return self.connection.state is ConnectionState.RECONNECT


def add_routes(blueprint: Blueprint, services: WebServices, installer: Installer) -> None:
    """Add the pages, and the form that disconnects."""

    @blueprint.get("/settings/connections")
    @access(SESSION)
    def show_connections() -> Response:
        viewer = current_viewer()
        done = request.args.get("done", "")
        with services.reading_sessions() as session:
            cards = [_build_card(installer, found) for found in list_connections(session, viewer.user_id)]
            return render_page(
                session,
                viewer,
                "connections.html",
                cards=cards,
                providers=list(installer.providers.values()),
                admin_links=_list_admin_links(installer),
                done=gettext(_DONE.get(done, "")),
                removal=installer.providers.get(done),
            )

    @blueprint.get("/settings/connections/<connection_id>")
    @access(SESSION)
    def show_connection(connection_id: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            found = find_connection(session, viewer.user_id, connection_id)
            if found is None:
                abort(404)
            card = _build_card(installer, found)
            return render_page(session, viewer, "connection.html", card=card, is_new="new" in request.args)

    @blueprint.post("/settings/connections/<connection_id>/disconnect")
    @access(SESSION)
    def disconnect(connection_id: str) -> BaseResponse:
        ended = installer.disconnect(current_viewer().user_id, connection_id)
        if ended is None:
            abort(404)
        provider, is_clean = ended
        done = "clean" if is_clean or provider is None else provider.name
        return redirect(url_for("pages.show_connections", done=done), 303)


def _build_card(installer: Installer, found: ConnectionView) -> _Card:
    provider = installer.providers.get(found.provider)
    features = provider.features if provider is not None else ()
    working, missing = sort_features(features, found.scopes)
    return _Card(found, KNOWN_PROVIDERS.get(found.provider, found.provider), provider, working, missing)


def _list_admin_links(installer: Installer) -> list[tuple[str, str]]:
    links = [
        (provider.title, provider.admin_consent_url(installer.redirect_uri(provider.name)))
        for provider in installer.providers.values()
    ]
    return [(title, link) for title, link in links if link is not None]
