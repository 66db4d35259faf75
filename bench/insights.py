"""How long the figures of the insights page take: 100,000 messages and 1,000,000 events, on PostgreSQL and SQLite.

Run by `python -m bench.insights`; the rows are made by the database itself.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from core.accounts.sight import Sight
from core.storage import schema
from core.storage.engine import open_engine, open_reading_sessions
from core.timeline.insights.period import parse_period
from core.timeline.insights.report import read_insights
from tests.support.postgres import PostgresCluster, find_binaries

_WORKSPACE, _USER = "a" * 32, "b" * 32
_MESSAGES, _EVENTS = 100_000, 1_000_000
_SPAN_SECONDS = 900 * 86400
_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_ROUNDS = 15


def main() -> None:
    """Measure and print."""
    binaries = find_binaries()
    with tempfile.TemporaryDirectory() as folder:
        if "sqlite" in sys.argv:
            _measure(open_engine(f"sqlite:///{Path(folder) / 'insights.sqlite3'}"))
        elif binaries is not None:
            cluster = PostgresCluster(binaries)
            try:
                cluster.start()
                _measure(open_engine(cluster.url(cluster.create_database())))
            finally:
                cluster.remove()


def _measure(engine: Engine) -> None:
    schema.upgrade(engine)
    began = time.perf_counter()
    _fill(engine)
    print(f"filled in {time.perf_counter() - began:.0f} s")
    sessions = open_reading_sessions(engine)
    for choice in ("7", "30", "90", "365"):
        period = parse_period(choice, "", "", ZoneInfo("Europe/Berlin"), _NOW)
        taken = []
        for _ in range(_ROUNDS):
            with sessions() as session:
                began = time.perf_counter()
                insights = read_insights(session, Sight(_WORKSPACE, _USER), period)
                taken.append((time.perf_counter() - began) * 1000)
        taken.sort()
        print(
            f"{engine.dialect.name}, {choice} days: median {taken[_ROUNDS // 2]:.0f} ms, worst {taken[-1]:.0f} ms,"
            f" {insights.total.people} by people, {insights.sent} messages"
        )
    engine.dispose()


def _fill(engine: Engine) -> None:
    is_sqlite = engine.dialect.name == "sqlite"
    series = (
        "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < {last}) SELECT i FROM n)"
        if is_sqlite
        else "generate_series(0, {last}) AS n(i)"
    )
    epoch = int(_NOW.timestamp()) - _SPAN_SECONDS

    def at(seconds: str) -> str:
        return f"(({epoch} + {seconds}) * 1000000)" if is_sqlite else f"to_timestamp({epoch} + {seconds})"

    def name(number: str, prefix: str) -> str:
        return f"printf('{prefix}%031d', {number})" if is_sqlite else f"'{prefix}' || lpad(({number})::text, 31, '0')"

    now = at("0")
    yes, no = ("1", "0") if is_sqlite else ("true", "false")
    of = f"(i / {_EVENTS // _MESSAGES})"
    statements = (
        f"INSERT INTO workspaces (id, name, created_at, feed_position) VALUES ('{_WORKSPACE}', 'Home', {now}, 0)",
        "INSERT INTO users (id, workspace_id, email, role, shares_messages, created_at)"
        f" VALUES ('{_USER}', '{_WORKSPACE}', 'o@example.com', 'owner', {no}, {now})",
        "INSERT INTO messages (id, workspace_id, user_id, subject, sender, mode, status, sent_at, created_at,"
        " is_sample, is_shared, human_count, human_via_proxy_count, prefetch_count, scanner_count, self_count,"
        " unknown_count, click_count)"
        f" SELECT {name('i', 'c')}, '{_WORKSPACE}', '{_USER}', 'A subject of some length', 'o@example.com', 'shared',"
        f" 'read', {at(f'i * {_SPAN_SECONDS // _MESSAGES}')}, {at('0')}, {no}, {yes}, 0, 0, 0, 0, 0, 0, 0"
        f" FROM {series.format(last=_MESSAGES - 1)}",
        f"INSERT INTO copies (id, message_id) SELECT i, {name('i', 'c')} FROM {series.format(last=_MESSAGES - 1)}",
        "INSERT INTO recipients (id, message_id, copy_id, address, address_folded, kind, position, status)"
        f" SELECT {name('i', 'd')}, {name('i', 'c')}, i, 'p@x', 'person' || i || '@domain' || (i % 400) || '.example',"
        f" 'to', 0, 'sent' FROM {series.format(last=_MESSAGES - 1)}",
        "INSERT INTO events (id, workspace_id, message_id, copy_id, recipient_id, feed_position, revision, kind, at,"
        " verdict, confidence, reasons, rules, client_name, client_os, country, region, city, method, user_agent,"
        " headers, address_cut, network_kind, network_asn, network_operator)"
        f" SELECT {name('i', 'e')}, '{_WORKSPACE}', {name(of, 'c')}, {of},"
        f" CASE WHEN i % 5 = 0 THEN NULL ELSE {name(of, 'd')} END, i, 1,"
        " CASE WHEN i % 3 = 0 THEN 'click' ELSE 'open' END,"
        f" {at(f'i * {_SPAN_SECONDS // _EVENTS} + (i % 997) * 200')},"
        " CASE i % 5 WHEN 0 THEN 'human' WHEN 1 THEN 'human_via_proxy' WHEN 2 THEN 'scanner' WHEN 3 THEN 'human'"
        " ELSE 'prefetch' END, 0.9, 'gmail_image_proxy', '2026.11.1',"
        " CASE i % 4 WHEN 0 THEN 'Gmail' WHEN 1 THEN 'Outlook' WHEN 2 THEN 'Apple Mail' ELSE 'Chrome' END, 'Windows',"
        " CASE i % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'PT' ELSE 'CA' END, 'A region', 'City ' || (i % 300), 'GET',"
        " 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
        " Safari/537.36', '{\"accept-language\": \"en\"}', '203.0.113.0/24', 'access', 3320, 'Deutsche Telekom'"
        f" FROM {series.format(last=_EVENTS - 1)}",
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%") if not is_sqlite else statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if is_sqlite else "VACUUM ANALYZE"))


if __name__ == "__main__":
    main()
