"""The pages that people look at: server-rendered, and usable without scripts."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, request

from core.web.origins import refuse_other_origins
from core.web.pages import (
    activity,
    alerts,
    audit,
    connect,
    connections,
    correction,
    correspondent,
    departure,
    feed,
    guides,
    icons,
    insights,
    invitations,
    join,
    message,
    navigation,
    people,
    person,
    samples,
    sections,
    security,
    settings,
    sharing,
    signin,
    times,
    timezone,
    tokens,
    tracking,
)
from core.web.pages.start import page as start
from core.web.pages.start import pasting, testing
from core.web.release import find_version
from core.web.services import WebServices
from core.web.translation import choose_page_language, use_language


def serve_pages(app: Flask, services: WebServices, static_url: Callable[[str], str]) -> None:
    """Serve all pages."""
    app.jinja_env.globals.update(
        version=find_version(),
        operator_name=services.settings.operator_name,
        privacy_email=services.settings.privacy_email,
        signin_providers=services.installer.providers.values() if services.installer is not None else (),
        sections=sections.SECTIONS,
        places=navigation.make_navigation(app),
        is_current=navigation.is_current,
        icon=icons.make_icon(static_url),
        show_time=times.show_time,
        show_since_sending=times.show_since_sending,
    )
    timezone.offer_zones(app, services)
    blueprint = Blueprint("pages", __name__)
    refuse_other_origins(blueprint, services.settings.public_url)
    blueprint.before_request(lambda: use_language(choose_page_language(request)))
    looking = (activity, feed, insights, message, sharing, correction, correspondent, alerts, samples)
    for page in (signin, join, *looking, settings, timezone, security, tokens, audit):
        page.add_routes(blueprint, services)
    for page in (start, pasting, testing, guides, tracking):
        page.add_routes(blueprint, services)
    for page_of_people in (people, person, departure, invitations):
        page_of_people.add_routes(blueprint, services)
    if services.installer is not None:
        for installing in (connect, connections):
            installing.add_routes(blueprint, services, services.installer)
    app.register_blueprint(blueprint)
