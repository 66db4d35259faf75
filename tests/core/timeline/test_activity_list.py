from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from core.accounts.sight import Sight
from core.errors import InputError
from core.storage.engine import Sessions
from core.storage.models import Copy, Message, Recipient, User
from core.timeline import activity
from core.timeline.activity import Wanted, iterate_activity, list_activity

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def add_message(session: Session, user: User, number: int, **fields: object) -> None:
    """Add a message sent `number` minutes ago to one reader."""
    values: dict[str, object] = {
        "subject": f"Letter {number}",
        "sender": "olga@example.com",
        "mode": "shared",
        "status": "sent",
        "sent_at": NOW - timedelta(minutes=number),
        "created_at": NOW,
    }
    message = Message(workspace_id=user.workspace_id, user_id=user.id, **(values | fields))
    session.add(message)
    session.flush()
    copy = Copy(message_id=message.id)
    session.add(copy)
    session.flush()
    address = f"Reader{number}@example.net"
    session.add(
        Recipient(
            message_id=message.id,
            copy_id=copy.id,
            address=address,
            address_folded=address.lower(),
            name="Zoë Müller" if number == 3 else None,
            kind="to",
            status="sent",
        )
    )


def subjects(sessions: Sessions, sight: Sight, wanted: Wanted, patience: float | None = 5.0) -> list[str]:
    with sessions() as session:
        page = list_activity(session, sight, wanted, cursor=None, limit=50, patience=patience)
    return [item.subject for item in page.items]


@pytest.fixture
def sight(sessions: Sessions, owner: User) -> Sight:
    """An owner with twelve messages in various states, and a colleague with a shared and a silent one."""
    with sessions.begin() as session:
        for number in range(12):
            add_message(session, owner, number)
        add_message(session, owner, 20, status="replied", click_count=2, subject="Replied")
        add_message(session, owner, 21, status="bounced", mode="per_recipient", subject="Bounced")
        add_message(session, owner, 22, status="draft", sent_at=None, subject="Draft")
        colleague = User(workspace_id=owner.workspace_id, email="carl@example.com", role="member", created_at=NOW)
        session.add(colleague)
        session.flush()
        add_message(session, colleague, 30, subject="Shared", is_shared=True)
        add_message(session, colleague, 31, subject="Silent")
    return Sight(owner.workspace_id, owner.id)


@pytest.mark.parametrize("patience", [5.0, None])
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(state="read"), ["Replied"]),
        (Wanted(state="clicked"), ["Replied"]),
        (Wanted(state="replied"), ["Replied"]),
        (Wanted(state="bounced"), ["Bounced"]),
        (Wanted(state="draft"), ["Draft"]),
        (Wanted(mode="per_recipient"), ["Bounced"]),
        (Wanted(owner="team"), ["Shared"]),
        (Wanted(q="zoë"), ["Letter 3"]),
        (Wanted(q="MÜLLER"), ["Letter 3"]),
        (Wanted(q="reader11@"), ["Letter 11"]),
        (Wanted(q="100%"), []),
        (Wanted(q="draft"), ["Draft"]),
        (Wanted(person="READER4@example.NET"), ["Letter 4"]),
        (Wanted(person="reader31@example.net"), []),
        (Wanted(person="reader30@example.net", owner="own"), []),
        (Wanted(person="reader20@example.net", state="bounced"), []),
        (Wanted(since=NOW - timedelta(minutes=1)), ["Letter 0", "Letter 1"]),
        (Wanted(since=NOW - timedelta(minutes=3), until=NOW - timedelta(minutes=2)), ["Letter 3"]),
    ],
)
def test_each_filter_finds_what_it_says(
    sessions: Sessions, sight: Sight, wanted: Wanted, expected: list[str], patience: float | None
) -> None:
    assert subjects(sessions, sight, wanted, patience) == expected


def test_what_a_colleague_keeps_to_themselves_is_in_no_list(sessions: Sessions, sight: Sight) -> None:
    everything = subjects(sessions, sight, Wanted())
    assert "Shared" in everything
    assert "Silent" not in everything
    assert "Shared" not in subjects(sessions, sight, Wanted(owner="own"))
    assert subjects(sessions, sight, Wanted(q="silent")) == []


def test_pages_follow_each_other_drafts_first_without_a_gap(sessions: Sessions, sight: Sight) -> None:
    seen, cursor = [], None
    with sessions() as session:
        for _ in range(20):
            page = list_activity(session, sight, Wanted(), cursor=cursor, limit=3, patience=5.0)
            seen += [item.subject for item in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == ["Draft", *(f"Letter {number}" for number in range(12)), "Replied", "Bounced", "Shared"]


def test_a_search_that_stops_says_how_far_it_went_and_goes_on_from_there(
    sessions: Sessions, sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_STRETCH_OF_TEXT", 4)
    wanted = Wanted(q="letter 9")
    with sessions() as session:
        first = list_activity(session, sight, wanted, cursor=None, limit=50, patience=0.0)
        assert first.items == ()
        assert first.searched_to == NOW - timedelta(minutes=3)
        rest = list_activity(session, sight, wanted, cursor=first.next_cursor, limit=50, patience=None)
    assert [item.subject for item in rest.items] == ["Letter 9"]
    assert (rest.next_cursor, rest.searched_to) == (None, None)


def test_an_export_goes_through_all_parts_up_to_its_limit(
    sessions: Sessions, sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_PART", 4)
    assert len(list(iterate_activity(sessions, sight, Wanted(), 100))) == 16
    assert len(list(iterate_activity(sessions, sight, Wanted(), 6))) == 6


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é" * 30])
def test_a_made_up_cursor_is_refused(sessions: Sessions, sight: Sight, cursor: str) -> None:
    with sessions() as session, pytest.raises(InputError):
        list_activity(session, sight, Wanted(), cursor=cursor, limit=5, patience=1.0)
