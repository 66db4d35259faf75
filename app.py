"""The composition root: the one place that knows every package. Web, workers and command line start here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from core.settings import load_settings

if TYPE_CHECKING:
    from core.hits.edge import Application
    from core.running.installation import Installation
    from core.web.recipients.services import RecipientServices
    from core.web.services import WebServices


def create_web_application() -> Application:
    """Make the WSGI application of a web process: the edge in front of the pages. Granian loads this by name."""
    from core.hits.edge import Edge
    from core.hits.edge_only import answer_little
    from core.hits.spool import SpoolWriter
    from core.logs import configure_logging
    from core.running.installation import Installation
    from core.running.lazy_pages import LazyPages
    from core.running.page_gate import PageGate
    from core.running.processes import die_with_parent, stay_on_one_processor
    from core.running.server import PAGE_THREADS, ROUTES_VARIABLE, Routes

    die_with_parent()
    settings = load_settings()
    configure_logging(settings.log_level, "web")
    installation = Installation(settings)
    routes = Routes(os.environ.get(ROUTES_VARIABLE, Routes.ALL))
    if routes is Routes.PAGES:
        return create_pages(installation)
    if routes is Routes.ALL:
        stay_on_one_processor()
    pages = (
        answer_little
        if routes is Routes.EDGE
        else PageGate(LazyPages(lambda: create_pages(installation)), PAGE_THREADS)
    )
    spool = SpoolWriter(settings.spool_dir, settings.spool_limit_bytes)
    edge = Edge(pages, spool, installation.keys, settings.trusted_proxies)
    edge.start_care()
    return edge


def create_pages(installation: Installation) -> Application:
    """Make the Flask application of pages and API."""
    from core.web.factory import create_app

    return create_app(build_web_services(installation)).wsgi_app


def build_web_services(installation: Installation) -> WebServices:
    """Fill in what the pages and the API work with."""
    from core.accounts.install.installer import Installer
    from core.alerts.rules import create_default_rules
    from core.alerts.web import create_unsubscribe_blueprint
    from core.enrich.naming import name_place
    from core.people.postman import create_postman
    from core.privacy.scrubbing import scrub_sqlite
    from core.web.api.blueprint import create_api
    from core.web.api.services import ApiServices
    from core.web.recipients.blueprint import create_recipient_blueprint
    from core.web.services import WebServices, utc_now
    from worker.accounts import build_registry
    from worker.connection import connect
    from worker.queues import AlertQueue
    from worker.readiness import Readiness

    alerts = AlertQueue(connect(installation.redis_url))
    readiness = Readiness(installation)
    api = ApiServices(
        settings=installation.settings,
        sessions=installation.sessions,
        reading_sessions=installation.reading_sessions,
        keys=lambda: installation.current_ring,
        signer=lambda: installation.signer,
        rejudge=installation.hits.rejudge,
        deliver=alerts.put_if_possible,
        after_erasure=lambda: scrub_sqlite(installation.engine),
        redis_url=installation.redis_url,
    )
    registry = build_registry(installation)
    installer = Installer(
        registry,
        installation.sessions,
        lambda: installation.current_ring,
        installation.settings.public_url,
        utc_now,
        lambda session, user: create_default_rules(
            session, user, with_email=installation.settings.smtp_url is not None
        ),
    )
    return WebServices(
        settings=installation.settings,
        keys=installation.keys.ring,
        engine=installation.engine,
        sessions=installation.sessions,
        reading_sessions=installation.reading_sessions,
        blueprints=(
            create_api(api),
            create_unsubscribe_blueprint(installation.sessions, lambda: installation.current_ring),
            create_recipient_blueprint(build_recipient_services(installation)),
        ),
        installer=installer,
        registry=registry,
        queue_self_test=alerts.put_self_test,
        mail_invitation=create_postman(installation.settings),
        readiness=readiness.describe,
        gauges=readiness.measure,
        geo_credit=lambda: installation.enricher.credit(),
        rejudge=installation.hits.rejudge,
        deliver=alerts.put_if_possible,
        after_erasure=lambda: scrub_sqlite(installation.engine),
        locate=lambda address: name_place(installation.enricher.describe(address, "").location),
        redis_url=installation.redis_url,
    )


def build_recipient_services(installation: Installation) -> RecipientServices:
    """Fill in what the recipients' pages work with."""
    from core.privacy.scrubbing import scrub_sqlite
    from core.web.recipients.later import Later
    from core.web.recipients.letter import create_link_sender
    from core.web.recipients.limits import LetterLimits
    from core.web.recipients.services import RecipientServices

    return RecipientServices(
        settings=installation.settings,
        sessions=installation.sessions,
        reading_sessions=installation.reading_sessions,
        keys=lambda: installation.current_ring,
        signer=lambda: installation.signer,
        after_erasure=lambda: scrub_sqlite(installation.engine),
        send_link=create_link_sender(installation.settings),
        later=Later(),
        limits=LetterLimits(),
    )


def main() -> NoReturn:
    """Run the command line."""
    from core.commands.catalogue import COMMANDS
    from core.commands.command_line import build_command_line, run
    from worker.commands import COMMANDS as ROLES

    run(build_command_line([*ROLES, *COMMANDS]))


if __name__ == "__main__":
    main()
