"""Liveness, readiness and metrics. Open to anyone who reaches the server: they tell nothing about a person."""

from __future__ import annotations

import time
from collections.abc import Sequence

import orjson
import structlog
from flask import Blueprint, Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.web.access import PUBLIC, access
from core.web.metrics import measure_database, render_metrics
from core.web.services import Gauge, Health, PartState, WebServices

_log = structlog.get_logger("mailerplex.web")
_SLOW_SECONDS = 1.0


def serve_health(app: Flask, services: WebServices) -> None:
    """Serve `/healthz`, `/readyz` and `/metrics`."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    @access(PUBLIC)
    def show_liveness() -> Response:
        return Response('{"status":"ok"}', content_type="application/json")

    @blueprint.get("/readyz")
    @access(PUBLIC)
    def show_readiness() -> Response:
        return build_readiness([check_database(services), *services.readiness()])

    @blueprint.get("/metrics")
    @access(PUBLIC)
    def show_metrics() -> Response:
        return Response(render_metrics(lambda: _measure(services)), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(blueprint)


def build_readiness(parts: Sequence[PartState]) -> Response:
    """Answer 200, or 503 where a part fails, with each part's state."""
    is_ready = all(part.health is not Health.FAIL for part in parts)
    described = {part.name: {"status": part.health.value, "detail": part.detail, **part.values} for part in parts}
    body = {"status": "ok" if is_ready else "fail", "parts": described}
    return Response(orjson.dumps(body), 200 if is_ready else 503, content_type="application/json")


def check_database(services: WebServices) -> PartState:
    """Ask the database something small."""
    begun = time.perf_counter()
    try:
        with services.reading_sessions() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        _log.warning("database does not answer", exc_info=error)
        return PartState("database", Health.FAIL, "does not answer")
    elapsed = time.perf_counter() - begun
    health = Health.WARN if elapsed > _SLOW_SECONDS else Health.OK
    return PartState("database", health, "slow" if health is Health.WARN else "", {"seconds": round(elapsed, 4)})


def _measure(services: WebServices) -> list[Gauge]:
    """Measure all; a database that is down takes only its own figures with it."""
    found: list[Gauge] = []
    try:
        with services.reading_sessions() as session:
            found += measure_database(session)
        is_up = 1.0
    except SQLAlchemyError:
        is_up = 0.0
    found.append(Gauge("database_up", "Whether the database answers.", {"": is_up}))
    return found + list(services.gauges())
