"""The audit log: what it holds, that looks are coalesced, and what an erasure and time take away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from core.accounts.audit import AuditAction, purge_audit, record_audit, record_look
from core.accounts.sight import see_whole
from core.keys import KeyRing
from core.privacy.erasure import erase_recipient
from core.storage.engine import Sessions
from core.storage.models import AuditEntry, User

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def read(sessions: Sessions) -> list[AuditEntry]:
    with sessions() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)))


def record(sessions: Sessions, owner: User, now: datetime = NOW, address: str | None = None) -> None:
    with sessions.begin() as session:
        record_audit(
            session,
            workspace_id=owner.workspace_id,
            actor_id=owner.id,
            action=AuditAction.RECIPIENT_VIEWED,
            now=now,
            subject="message:1",
            detail="a\nb " + "x" * 400,
            address=address,
        )


def look(sessions: Sessions, owner: User, now: datetime, address: str) -> None:
    record_look(
        sessions,
        sessions,
        workspace_id=owner.workspace_id,
        actor_id=owner.id,
        action=AuditAction.RECIPIENT_VIEWED,
        now=now,
        address=address,
    )


def test_an_entry_says_who_did_what_when_and_to_whom(sessions: Sessions, owner: User) -> None:
    record(sessions, owner, address=" Ann@Example.com ")
    (entry,) = read(sessions)
    assert (entry.actor_id, entry.action, entry.thing, entry.at) == (owner.id, "recipient.viewed", "message:1", NOW)
    assert entry.address == "ann@example.com"
    assert entry.detail is not None
    assert entry.detail.startswith("a b x")
    assert len(entry.detail) == 300


def test_looks_of_one_person_at_one_recipient_are_one_entry_an_hour(sessions: Sessions, owner: User) -> None:
    for minutes, address in ((0, "ann@example.com"), (20, "ANN@example.com"), (29, "bob@example.com")):
        look(sessions, owner, NOW + timedelta(minutes=minutes), address)
    look(sessions, owner, NOW + timedelta(minutes=30), "ann@example.com")
    assert [entry.address for entry in read(sessions)] == ["ann@example.com", "bob@example.com", "ann@example.com"]


def test_an_erasure_takes_the_address_out_and_leaves_what_was_done(
    sessions: Sessions, owner: User, ring: KeyRing
) -> None:
    record(sessions, owner, address="ann@example.com")
    record(sessions, owner, address="bob@example.com")
    with sessions.begin() as session:
        erase_recipient(session, see_whole(owner.workspace_id), "Ann@example.com", ring, NOW)
    entries = read(sessions)
    assert sorted(entry.address or "" for entry in entries) == ["", "bob@example.com"]
    assert {entry.action for entry in entries} == {"recipient.viewed"}


def test_entries_go_after_a_year_and_not_before(sessions: Sessions, owner: User) -> None:
    record(sessions, owner, NOW - timedelta(days=366))
    record(sessions, owner, NOW - timedelta(days=364))
    with sessions.begin() as session:
        assert purge_audit(session, NOW) == 1
    assert len(read(sessions)) == 1


def test_what_a_person_did_stays_when_their_account_goes(sessions: Sessions, owner: User) -> None:
    record(sessions, owner)
    with sessions.begin() as session:
        session.execute(delete(User).where(User.id == owner.id))
    (entry,) = read(sessions)
    assert entry.actor_id is None
