from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core.hits.store import HitStore
from core.keys import KeyRing
from core.samples.loading import load_samples, remove_samples
from core.storage.engine import Sessions
from core.storage.models import Alert, Batch, Copy, Event, Link, Message, Recipient, User

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://track.example.com"
TABLES = (Message, Copy, Recipient, Link, Event, Batch, Alert)


def count_rows(sessions: Sessions) -> dict[str, int]:
    with sessions() as session:
        return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES}


def load(sessions: Sessions, ring: KeyRing, owner: User) -> int:
    return load_samples(sessions, ring, URL, owner.id, NOW)


def test_samples_are_marked_judged_and_of_every_kind(sessions: Sessions, ring: KeyRing, owner: User) -> None:
    assert load(sessions, ring, owner) == 12
    with sessions() as session:
        messages = {message.subject: message for message in session.scalars(select(Message))}
        assert all(message.is_sample for message in messages.values())
        assert {message.status for message in messages.values()} == {"sent", "read", "clicked"}
        verdicts = set(session.scalars(select(Event.verdict)))
        assert verdicts == {"human", "human_via_proxy", "prefetch", "scanner", "self", "unknown"}
        assert all(event.at <= NOW for event in session.scalars(select(Event)))
        scanned = messages["Contract draft, version 3"]
        assert (scanned.status, scanned.scanner_count, scanned.human_count) == ("sent", 5, 0)
        offer = messages["Offer for the new website"]
        assert (offer.status, offer.prefetch_count, offer.scanner_count, offer.self_count) == ("clicked", 1, 4, 1)


def test_samples_alert_nobody_and_go_without_a_trace(sessions: Sessions, ring: KeyRing, owner: User) -> None:
    before = count_rows(sessions)
    load(sessions, ring, owner)
    assert count_rows(sessions)["alerts"] == 0
    assert remove_samples(sessions, owner.id) == 12
    assert count_rows(sessions) == before
    assert load(sessions, ring, owner) == 12
    assert count_rows(sessions)["events"] > 30


def test_loading_twice_adds_nothing(sessions: Sessions, ring: KeyRing, owner: User) -> None:
    load(sessions, ring, owner)
    loaded = count_rows(sessions)
    assert load(sessions, ring, owner) == 0
    assert count_rows(sessions) == loaded


def test_what_is_real_stays_when_samples_go(sessions: Sessions, ring: KeyRing, owner: User) -> None:
    with sessions.begin() as session:
        session.add(
            Message(
                workspace_id=owner.workspace_id,
                user_id=owner.id,
                subject="Real",
                sender=owner.email,
                mode="shared",
                status="sent",
                created_at=NOW,
            )
        )
    load(sessions, ring, owner)
    remove_samples(sessions, owner.id)
    with sessions() as session:
        assert session.scalars(select(Message.subject)).all() == ["Real"]


def test_loading_that_fails_leaves_nothing(
    sessions: Sessions, ring: KeyRing, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    before = count_rows(sessions)
    monkeypatch.setattr(HitStore, "store", fail)
    with pytest.raises(RuntimeError):
        load(sessions, ring, owner)
    assert count_rows(sessions) == before
