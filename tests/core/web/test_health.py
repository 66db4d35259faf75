from __future__ import annotations

from dataclasses import replace

import orjson
from prometheus_client.parser import text_string_to_metric_families

from core.web.factory import create_app
from core.web.services import Gauge, Health, PartState, WebServices
from tests.support.pages import PageClient


def test_readiness_tells_the_state_of_each_part(services: WebServices) -> None:
    parts = (PartState("redis", Health.WARN, "away"), PartState("spool", Health.OK, "", {"lost_hits": 3}))
    answer = PageClient(create_app(replace(services, readiness=lambda: parts))).get("/readyz")
    body = orjson.loads(answer.data)
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert body["parts"]["redis"] == {"status": "warn", "detail": "away"}
    assert body["parts"]["spool"]["lost_hits"] == 3
    assert body["parts"]["database"]["status"] == "ok"


def test_a_part_that_fails_makes_the_installation_not_ready(services: WebServices) -> None:
    parts = (PartState("spool", Health.FAIL, "full"),)
    answer = PageClient(create_app(replace(services, readiness=lambda: parts))).get("/readyz")
    assert (answer.status_code, orjson.loads(answer.data)["status"]) == (503, "fail")


def test_metrics_count_what_the_tables_and_the_other_parts_hold(services: WebServices, browser: PageClient) -> None:
    browser.submit("/activity", "/samples")
    spool = Gauge("spool_bytes", "Bytes in the spool.", {"": 512.0})
    lost = Gauge("lost_hits", "Hits lost.", {"": 2.0}, is_counter=True)
    client = PageClient(create_app(replace(services, gauges=lambda: (spool, lost))))
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    assert families["mailerplex_messages"].samples[0].value == 12
    verdicts = {sample.labels["verdict"]: sample.value for sample in families["mailerplex_events"].samples}
    assert set(verdicts) == {"human", "human_via_proxy", "prefetch", "scanner", "self", "unknown"}
    assert verdicts["human"] > 0
    assert families["mailerplex_spool_bytes"].samples[0].value == 512
    assert families["mailerplex_lost_hits"].samples[0].name == "mailerplex_lost_hits_total"


def test_liveness_asks_nothing_of_anyone(services: WebServices) -> None:
    def fail() -> tuple[PartState, ...]:
        raise AssertionError("asked")

    answer = PageClient(create_app(replace(services, readiness=fail))).get("/healthz")
    assert (answer.status_code, orjson.loads(answer.data)) == (200, {"status": "ok"})
