from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.web.factory import create_app
from core.web.health import KEPT_SECONDS, KeptMeasures
from core.web.services import Gauge, Health, PartState, WebServices
from tests.support.pages import BASE, PageClient


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


def test_the_tables_are_counted_at_most_each_fifteen_seconds() -> None:
    now, measured = 100.0, 0

    def measure() -> list[Gauge]:
        nonlocal measured
        measured += 1
        return [Gauge("messages", "Messages.", {"": float(measured)})]

    kept = KeptMeasures(measure, lambda: now)
    assert [kept.read()[0].values[""] for _ in range(3)] == [1, 1, 1]
    now += KEPT_SECONDS
    assert kept.read()[0].values[""] == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("10.1.2.3", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.5", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),  # said by nobody who is trusted
    ],
)
def test_metrics_are_for_this_machine_and_private_networks(
    services: WebServices, peer: str, headers: dict[str, str], status: int
) -> None:
    client = create_app(services).test_client()
    answer = client.get("/metrics", base_url=BASE, headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_with_a_token_set_metrics_are_for_whoever_has_it(services: WebServices) -> None:
    guarded = replace(services, settings=replace(services.settings, metrics_token="open sesame"))
    client = create_app(guarded).test_client()

    def ask(token: str | None) -> int:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = client.get(
            "/metrics", base_url=BASE, headers=headers, environ_overrides={"REMOTE_ADDR": "203.0.113.5"}
        )
        return int(answer.status_code)

    assert [ask(None), ask("wrong"), ask("open sesame")] == [401, 401, 200]
