"""Notices through a real queue: the tick hands them over, a worker sends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select

from core.notices.kinds import NoticeKind
from core.notices.outbox import queue_notice
from core.running.installation import Installation
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import Notice, User
from tests.fakes.smtp import FakeSmtp, run_smtp
from worker import jobs
from worker.connection import connect
from worker.delivery import build_deliver_notice
from worker.queues import ALERTS, AlertQueue, ListedJob, open_queue
from worker.roles import release_notices


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    """A client of an empty Redis."""
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    """A mail server."""
    with run_smtp() as server:
        yield server


def test_a_notice_reaches_its_person_by_tick_queue_and_worker(
    connection: redis.Redis, settings: Settings, sessions: Sessions, owner: User, smtp: FakeSmtp
) -> None:
    installation = Installation(replace(settings, smtp_url=smtp.url))
    queue = AlertQueue(connection)
    release_notices(installation, queue)
    assert open_queue(connection, ALERTS).count == 0

    with sessions.begin() as session:
        user = session.get_one(User, owner.id)
        queue_notice(session, user, NoticeKind.RECONNECT, {"Provider": "Google"}, "reconnect:1", datetime.now(UTC))
    release_notices(installation, queue)
    release_notices(installation, queue)
    assert open_queue(connection, ALERTS).count == 1

    jobs.use(jobs.Tools(connection, installation, queue, lambda _alert: None, build_deliver_notice(installation)))
    worker = SimpleWorker(
        [open_queue(connection, ALERTS)], connection=connection, serializer=JSONSerializer, job_class=ListedJob
    )
    worker.work(burst=True, logging_level="WARNING")
    (letter,) = smtp.mailbox.wait(1)
    assert letter["Subject"] == "Google account to be connected again"
    with sessions() as session:
        assert session.scalars(select(Notice.state)).all() == ["sent"]
    installation.engine.dispose()
