"""Liveness, readiness and metrics: they tell nothing about a person.

The first two are open to anyone who reaches the server. Metrics are for this machine and private networks, or for
whoever has the token of MAILERPLEX_METRICS_TOKEN where that is set.
"""

from __future__ import annotations

import hmac
import math
import threading
import time
from collections.abc import Callable, Sequence

import orjson
import structlog
from flask import Blueprint, Flask, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.accounts.secrets import digest_secret
from core.settings import Settings
from core.web.access import PUBLIC, access
from core.web.clients import is_near
from core.web.metrics import measure_database, render_metrics
from core.web.services import Gauge, Health, PartState, WebServices
from core.web.throttles import Throttles, Trial

_log = structlog.get_logger("mailerplex.web")
_SLOW_SECONDS = 1.0
KEPT_SECONDS = 15.0


def serve_health(app: Flask, services: WebServices) -> None:
    """Serve `/healthz`, `/readyz` and `/metrics`."""
    blueprint = Blueprint("health", __name__)
    throttles = Throttles(services)
    kept = KeptMeasures(lambda: _measure_database(services))

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
        _refuse_strangers(services.settings, throttles)
        measured = [*kept.read(), *services.gauges()]
        return Response(render_metrics(lambda: measured), content_type=CONTENT_TYPE_LATEST)

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


def _refuse_strangers(settings: Settings, throttles: Throttles) -> None:
    """Answer 401 without the token where one is set; else 403 to those who come from the world outside."""
    if settings.metrics_token is None:
        if not is_near(settings.trusted_proxies):
            abort(403, "Metrics are for this machine and private networks: set MAILERPLEX_METRICS_TOKEN to open them.")
        return
    throttles.refuse_after_failures(Trial.METRICS)
    presented = request.headers.get("Authorization", "").partition(" ")[2].strip()
    if not hmac.compare_digest(digest_secret(presented), digest_secret(settings.metrics_token)):
        throttles.count_failure(Trial.METRICS)
        abort(401, "Metrics need the token of MAILERPLEX_METRICS_TOKEN, as `Authorization: Bearer <token>`.")


class KeptMeasures:
    """Figures that cost a look at whole tables: measured anew at most each 15 seconds, by one thread at a time."""

    def __init__(self, measure: Callable[[], list[Gauge]], clock: Callable[[], float] = time.monotonic) -> None:
        self._measure = measure
        self._clock = clock
        self._lock = threading.Lock()
        self._until = -math.inf
        self._kept: list[Gauge] = []

    def read(self) -> list[Gauge]:
        """Return the figures, at most 15 seconds old."""
        with self._lock:
            if self._clock() >= self._until:
                self._kept = self._measure()
                self._until = self._clock() + KEPT_SECONDS
            return self._kept


def _measure_database(services: WebServices) -> list[Gauge]:
    """Measure what the database tells; one that is down takes only its own figures with it."""
    found: list[Gauge] = []
    try:
        with services.reading_sessions() as session:
            found += measure_database(session)
        is_up = 1.0
    except SQLAlchemyError:
        is_up = 0.0
    found.append(Gauge("database_up", "Whether the database answers.", {"": is_up}))
    return found
