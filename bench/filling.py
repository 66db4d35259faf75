"""Fills a PostgreSQL database with years of mail in under a minute, by statements that run inside the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from core.accounts.owner import ensure_owner
from core.storage.engine import open_sessions
from core.storage.models import User

# Sent over two years: six of ten messages by the reader, three by a colleague who shares them, one by one who does not.
_MESSAGES = """
INSERT INTO messages (id, workspace_id, user_id, subject, sender, mode, status, sent_at, created_at, is_sample,
    is_shared, human_count, human_via_proxy_count, prefetch_count, scanner_count, self_count, unknown_count,
    click_count, last_event_at, last_human_at)
SELECT md5('m' || n), :workspace,
    (ARRAY[:me, :me, :me, :me, :me, :me, :sharing, :sharing, :sharing, :silent])[1 + n % 10],
    (ARRAY['Offer', 'Invoice', 'Minutes', 'Question', 'Project plan', 'Reminder', 'Welcome', 'Travel'])[1 + n % 8]
        || ' ' || n || ' for ' || (ARRAY['spring', 'summer', 'autumn', 'winter'])[1 + n % 4],
    'user' || n % 10 || '@example.com', CASE WHEN n % 20 = 0 THEN 'per_recipient' ELSE 'shared' END,
    CASE WHEN n % 50 = 0 THEN 'bounced' WHEN n % 9 = 0 THEN 'replied' WHEN n % 5 = 0 THEN 'clicked'
        WHEN n % 2 = 0 THEN 'read' ELSE 'sent' END,
    now() - n * interval '10 minutes', now() - n * interval '10 minutes', false, n % 10 IN (6, 7, 8),
    n % 4, n % 3, 1, 2, 0, 0, CASE WHEN n % 5 = 0 THEN 1 ELSE 0 END, now() - n * interval '9 minutes',
    now() - n * interval '9 minutes'
FROM generate_series(1, :messages) AS n
"""
_COPIES = "INSERT INTO copies (id, message_id) SELECT n, md5('m' || n) FROM generate_series(1, :messages) AS n"
_RECIPIENTS = """
INSERT INTO recipients (id, message_id, copy_id, address, address_folded, name, kind, position, status, last_at)
SELECT md5('r' || n || '-' || p), md5('m' || n), n, a.address, a.address, 'Reader ' || (n * 7 + p) % 20000, 'to', p,
    'sent', NULL
FROM generate_series(1, :messages) AS n
CROSS JOIN LATERAL generate_series(0, CASE WHEN n % 4 = 0 THEN 2 ELSE 0 END) AS p
CROSS JOIN LATERAL
    (SELECT 'reader' || (n * 7 + p) % 20000 || '@firm' || (n * 7 + p) % 500 || '.example' AS address) AS a
"""
_LINKS = """
INSERT INTO links (message_id, number, url, clicks)
SELECT md5('m' || n), 0, 'https://example.com/offers/' || n, n % 3 FROM generate_series(1, :messages) AS n
"""
# Ten events for each message on average, in the days after its sending, four of five by machines; in order of time.
_EVENTS = """
INSERT INTO events (id, workspace_id, message_id, copy_id, recipient_id, feed_position, revision, kind, at, link_number,
    verdict, confidence, reasons, rules, client_name, client_os, country, city, method)
SELECT md5('e' || n), :workspace, md5('m' || m.number), m.number,
    CASE WHEN m.number % 4 = 0 THEN NULL ELSE md5('r' || m.number || '-0') END, n, 1,
    CASE WHEN n % 7 = 0 THEN 'click' ELSE 'open' END,
    now() - m.age,
    CASE WHEN n % 7 = 0 THEN 0 END,
    (ARRAY['human', 'scanner', 'prefetch', 'human_via_proxy', 'scanner', 'prefetch', 'scanner', 'unknown', 'self',
        'scanner'])[1 + n % 10],
    0.9, 'gmail_image_proxy', '2026.11.1', 'Gmail', NULL, NULL, NULL, 'GET'
FROM generate_series(1, :events) AS n
CROSS JOIN LATERAL (SELECT (:events - n) * (:messages * interval '10 minutes' / :events) AS age,
    least(:messages, 1 + (:events - n) * CAST(:messages AS bigint) / :events + (CAST(n AS bigint) * 7919) % 500)
        AS number) AS m
"""
_POSITION = "UPDATE workspaces SET feed_position = :events WHERE id = :workspace"


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled database: whom to sign in, and a person who was written to now and then."""

    reader: User
    address: str = "reader21@firm21.example"


def fill_database(engine: Engine, messages: int, events: int) -> Filled:
    """Write so many messages and events into a migrated database without any."""
    sessions = open_sessions(engine)
    now = datetime.now(UTC)
    with sessions.begin() as session:
        owner = ensure_owner(session, now)
        others = [
            User(workspace_id=owner.workspace_id, email=f"{name}@example.com", role="member", created_at=now)
            for name in ("sharing", "silent")
        ]
        session.add_all(others)
        session.flush()
        values: dict[str, object] = {
            "workspace": owner.workspace_id,
            "me": owner.id,
            "sharing": others[0].id,
            "silent": others[1].id,
        }
        values |= {"messages": messages, "events": events}
        for statement in (_MESSAGES, _COPIES, _RECIPIENTS, _LINKS, _EVENTS, _POSITION):
            session.execute(text(statement), values)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    return Filled(owner)
