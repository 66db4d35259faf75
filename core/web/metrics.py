"""What `/metrics` says, in Prometheus' text format: all measured when asked, from SQL and from what others report.

Nothing is counted in a process's memory, so the figures are right with any number of web processes, and labels have
few values: none names a message or a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.signal.evidence import Verdict
from core.storage.alerting import Alert
from core.storage.messages import Message
from core.web.services import Gauge


class _Measured(Collector):
    """Turns gauges measured now into what the library writes."""

    def __init__(self, measure: Callable[[], Sequence[Gauge]]) -> None:
        self._measure = measure

    def collect(self) -> Iterable[Metric]:
        """Measure everything."""
        return [_family(gauge) for gauge in self._measure()]

    def describe(self) -> Iterable[Metric]:
        """Declare nothing beforehand, so that registering measures nothing."""
        return ()


def _family(gauge: Gauge) -> Metric:
    kind = CounterMetricFamily if gauge.is_counter else GaugeMetricFamily
    family = kind(f"mailerplex_{gauge.name}", gauge.help, labels=[gauge.label] if gauge.label else [])
    for value, number in sorted(gauge.values.items()):
        family.add_metric([value] if gauge.label else [], number)
    return family


def render_metrics(measure: Callable[[], Sequence[Gauge]]) -> bytes:
    """Write what `measure` returns as Prometheus text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(measure))
    return generate_latest(registry)


def measure_database(session: Session) -> list[Gauge]:
    """Measure what the tables tell: messages, events by verdict, alerts by state."""
    verdicts = [func.coalesce(func.sum(getattr(Message, f"{verdict.value}_count")), 0) for verdict in Verdict]
    messages, *counts = session.execute(select(func.count(), *verdicts).select_from(Message)).one()
    alerts = session.execute(select(Alert.state, func.count()).group_by(Alert.state)).all()
    by_verdict = {verdict.value: float(count) for verdict, count in zip(Verdict, counts, strict=True)}
    return [
        Gauge("messages", "Tracked messages held.", {"": float(messages)}),
        Gauge("events", "Opens and clicks held, by verdict.", by_verdict, "verdict"),
        Gauge("alerts", "Alerts held, by state.", {state: float(count) for state, count in alerts}, "state"),
    ]
