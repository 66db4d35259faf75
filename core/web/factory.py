"""Builds the Flask app of pages and API. The pixel and link routes are not here: the edge answers them before Flask."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]  # ships no types

from core.web import browsers, health, hosts, pages
from core.web.access import refuse_unmarked
from core.web.compression import compress_pages
from core.web.errors import handle_errors
from core.web.headers import secure_headers
from core.web.identifiers import IdConverter
from core.web.request_log import log_requests
from core.web.services import WebServices
from core.web.statics import serve_statics
from core.web.translation import translate_templates

FORM_BYTES = 64 * 1024


def create_app(services: WebServices) -> Flask:
    """Make the app. What a request needs comes from `services`; nothing is global."""
    app = Flask("core.web", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        # The oldest key, for new ones are put before it: a form stays valid while keys rotate.
        WTF_CSRF_SECRET_KEY=services.keys.keys[-1].derive("form"),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session that the token belongs to
        WTF_CSRF_SSL_STRICT=False,  # `core.web.origins` does this, also behind a proxy that ends TLS
    )
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    translate_templates(app)
    app.session_interface = browsers.Browsers(services.settings.public_url)
    compress_pages(app)
    log_requests(app)
    hosts.check_hosts(app, services.settings.public_url)
    secure_headers(app, services.settings.public_url)
    handle_errors(app)
    refuse_unmarked(app)
    browsers.require_viewers(app, services)
    csrf = CSRFProtect(app)
    static_url = serve_statics(app)
    health.serve_health(app, services)
    pages.serve_pages(app, services, static_url)
    for blueprint in services.blueprints:
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    return app
