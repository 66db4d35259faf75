"""Erasing a recipient: theirs goes, others' stays, sums are right, and nothing of it is left."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from core.accounts.sight import Sight, see_whole
from core.keys import KeyRing, create_key, parse_keys
from core.messages.draft import DraftRecipient, MessageDraft, Mode
from core.messages.register import register_message
from core.privacy.erasure import ErasureResult, erase_recipient, find_erasure
from core.privacy.held import describe_recipient
from core.privacy.redaction import carries_address
from core.privacy.scrubbing import finish_erasures, scrub_sqlite
from core.signal.evidence import Kind, Verdict
from core.storage.engine import Sessions
from core.storage.models import Alert, Base, Copy, Erasure, Event, InstallationFact, Link, Message, Recipient, User
from core.timeline.messages import describe_message, find_message
from core.tokens import TokenSigner
from tests.support.api import NOW, add_event, create_stranger

ANN, BOB = "ann@example.com", "bob@example.com"


def register(
    sessions: Sessions, signer: TokenSigner, user: User, *addresses: str, mode: Mode = Mode.SHARED, **fields: Any
) -> str:
    """Register a message and return its id."""
    draft = MessageDraft(
        **{
            "subject": "Offer",
            "sender": user.email,
            "recipients": tuple(DraftRecipient(address, address.split("@")[0].title()) for address in addresses),
            "links": ("https://example.com/a",),
            "mode": mode,
        }
        | fields
    )
    with sessions.begin() as session:
        return register_message(session, signer, "https://t.example", user, draft, NOW).message_id


def erase(sessions: Sessions, user: User, address: str, ring: KeyRing) -> ErasureResult:
    """Erase an address."""
    with sessions.begin() as session:
        return erase_recipient(session, see_whole(user.workspace_id), address, ring, NOW)


def count(sessions: Sessions, table: type[Base]) -> int:
    """Count the rows of a table."""
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def add_alert(sessions: Sessions, user: User, message_id: str, event_id: str) -> None:
    """Store an alert about an event."""
    with sessions.begin() as session:
        session.add(
            Alert(
                workspace_id=user.workspace_id,
                user_id=user.id,
                message_id=message_id,
                event_id=event_id,
                rule="every_open",
                channel="app",
                unique_key=event_id,
                state="sent",
                due_at=NOW,
                created_at=NOW,
            )
        )


def test_a_message_to_one_person_goes_whole(
    sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing
) -> None:
    message_id = register(sessions, signer, owner, "Ann@Example.com")
    event_id = add_event(sessions, message_id)
    add_alert(sessions, owner, message_id, event_id)

    result = erase(sessions, owner, " ANN@example.com ", ring)

    assert result == ErasureResult(recipients=1, copies=1, messages=1, events=1, alerts=1)
    for table in (Message, Copy, Recipient, Link, Event, Alert):
        assert count(sessions, table) == 0


def test_of_copies_of_their_own_the_others_stay(
    sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing
) -> None:
    message_id = register(sessions, signer, owner, ANN, BOB, mode=Mode.PER_RECIPIENT)
    add_event(sessions, message_id, address=ANN, kind=Kind.CLICK, link_number=0)
    add_alert(sessions, owner, message_id, add_event(sessions, message_id, address=ANN, verdict=Verdict.PREFETCH))
    bobs = add_event(sessions, message_id, address=BOB, after=timedelta(minutes=1))
    add_alert(sessions, owner, message_id, bobs)

    result = erase(sessions, owner, ANN, ring)

    assert result == ErasureResult(recipients=1, copies=1, messages=0, events=2, alerts=1)
    with sessions() as session:
        message = find_message(session, Sight(owner.workspace_id, owner.id), message_id)
        assert message is not None
        described = describe_message(message)
        assert session.scalars(select(Event.id)).all() == [bobs]
        assert session.scalars(select(Alert.event_id)).all() == [bobs]
        assert message.last_event_at == message.last_human_at == NOW + timedelta(minutes=1)
    assert described["status"] == "read"
    assert described["counts"] == {name: int(name == "human") for name in described["counts"]}
    assert described["links"] == [{"url": "https://example.com/a", "clicks": 0}]
    assert [(person["address"], person["status"]) for person in described["recipients"]] == [(BOB, "read")]


def test_of_a_shared_copy_nothing_stays_that_may_be_theirs(
    sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing
) -> None:
    message_id = register(sessions, signer, owner, ANN, BOB)
    add_event(sessions, message_id)
    with sessions.begin() as session:
        bob = session.scalars(select(Recipient).where(Recipient.address_folded == BOB)).one()
        bob_id, bob.status = bob.id, "replied"
    reply = add_event(sessions, message_id, kind=Kind.REPLY, verdict=None)
    with sessions.begin() as session:
        event = session.get_one(Event, reply)
        event.recipient_id, event.copy_id = bob_id, None
        session.get_one(Message, message_id).status = "replied"

    result = erase(sessions, owner, ANN, ring)

    assert result == ErasureResult(recipients=1, copies=0, messages=0, events=1, alerts=0)
    with sessions() as session:
        assert session.scalars(select(Event.id)).all() == [reply]
        assert session.scalars(select(Recipient.address)).all() == [BOB]
        assert session.get_one(Message, message_id).status == "replied"
        # Stopped from its very beginning: a hit from before the erasure that is still on its way is dropped too.
        stopped_at = session.scalars(select(Copy.stopped_at)).one()
        assert stopped_at is not None
        assert stopped_at <= NOW


def test_an_erased_address_is_taken_out_of_what_stays(
    sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing
) -> None:
    links = ("https://example.com/u?e=Ann%40Example.com", "https://example.com/other")
    message_id = register(sessions, signer, owner, ANN, BOB, subject=f"To {ANN.upper()} and you", links=links)

    erase(sessions, owner, ANN, ring)

    with sessions() as session:
        assert session.get_one(Message, message_id).subject == "To [erased] and you"
        assert session.scalars(select(Link.url).order_by(Link.number)).all() == [
            "https://example.com/[erased]",
            "https://example.com/other",
        ]


@pytest.mark.parametrize(
    ("url", "carries"),
    [
        ("https://x.example/ann@example.com", True),
        ("https://x.example/?u=https%3A%2F%2Fy.example%2F%3Fe%3Dann%2540example.com", True),
        ("https://x.example/?e=joann@example.org", False),
        ("https://x.example/%", False),
    ],
)
def test_an_address_is_found_in_a_url_however_it_is_encoded(url: str, carries: bool) -> None:
    assert carries_address(url, ANN) is carries


def test_another_workspace_is_not_touched(sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing) -> None:
    stranger = create_stranger(sessions)
    register(sessions, signer, stranger, ANN)
    assert erase(sessions, owner, ANN, ring) == ErasureResult()
    assert count(sessions, Recipient) == 1


def test_what_remains_is_a_keyed_digest(sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing) -> None:
    register(sessions, signer, owner, ANN)
    for _ in range(2):
        erase(sessions, owner, ANN, ring)
    rotated = KeyRing((*parse_keys(create_key()).keys, *ring.keys))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Erasure)) == 1
        assert find_erasure(session, see_whole(owner.workspace_id), "ANN@example.com", rotated) == NOW
        assert find_erasure(session, see_whole(owner.workspace_id), BOB, rotated) is None
        assert find_erasure(session, see_whole(owner.workspace_id), ANN, parse_keys(create_key())) is None


def test_everything_held_is_handed_out_and_nothing_after_erasure(
    sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing
) -> None:
    mine = register(sessions, signer, owner, ANN)
    add_event(sessions, mine, user_agent="Agent/1", headers='{"accept":"*/*"}', address_cut="192.0.2.0/24")
    add_event(sessions, register(sessions, signer, owner, ANN, BOB))
    register(sessions, signer, owner, BOB)

    with sessions() as session:
        held = describe_recipient(session, Sight(owner.workspace_id, owner.id), "Ann@example.com")

    assert held["address"] == ANN
    alone, shared = held["messages"]
    assert (alone["id"], alone["name"], alone["recipients_of_copy"]) == (mine, "Ann", 1)
    (event,) = alone["events"]
    assert event["evidence"] == {
        "method": None,
        "user_agent": "Agent/1",
        "headers": {"accept": "*/*"},
        "network": {"address": "192.0.2.0/24", "kind": None, "asn": None, "operator": None},
    }
    assert (shared["recipients_of_copy"], shared["events"], len(shared["shared_events"])) == (2, [], 1)
    assert BOB not in str(held)
    erase(sessions, owner, ANN, ring)
    with sessions() as session:
        nothing = {"address": ANN, "messages": [], "looks": []}
        assert describe_recipient(session, Sight(owner.workspace_id, owner.id), ANN) == nothing


def test_an_erased_address_is_in_no_row(sessions: Sessions, owner: User, signer: TokenSigner, ring: KeyRing) -> None:
    for mode in Mode:
        message_id = register(sessions, signer, owner, "ann.canary@example.com", BOB, mode=mode)
        add_event(sessions, message_id)
    erase(sessions, owner, "ann.canary@example.com", ring)
    with sessions() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(text(f"SELECT * FROM {table.name}")).all()
            assert "canary" not in str(rows).lower(), table.name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_erased_address_is_in_no_byte_of_sqlites_files(
    engine: Engine,
    sessions: Sessions,
    reading_sessions: Sessions,
    owner: User,
    signer: TokenSigner,
    ring: KeyRing,
    data_dir: Path,
) -> None:
    # Rows of many sizes, changed in every order, move between pages: what they leave behind there must go as well.
    dice = random.Random(3)
    people = [f"person{number:03d}.{'x' * dice.randint(0, 40)}@example.com" for number in range(60)]
    for _ in range(250):
        chosen = dice.sample(people, dice.choice([1, 1, 3, 8]))
        fields = {
            "subject": f"To {chosen[0]} " + "s" * dice.randint(0, 300),
            "links": (f"https://example.com/?e={chosen[0]}",),
        }
        message_id = register(sessions, signer, owner, *chosen, mode=dice.choice(list(Mode)), **fields)
        if dice.random() < 0.3:
            add_event(sessions, message_id)
    erased = people[:20]
    assert all(_count_bytes(data_dir, address) for address in erased)

    for address in erased:
        erase(sessions, owner, address, ring)
        assert scrub_sqlite(engine)
    assert finish_erasures(engine, sessions, reading_sessions)

    assert [address for address in erased if _count_bytes(data_dir, address[:10])] == []
    assert all(_count_bytes(data_dir, address) for address in people[20:])
    assert count(sessions, InstallationFact) == 0


def _count_bytes(folder: Path, text: str) -> int:
    return sum(path.read_bytes().lower().count(text.encode()) for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_scrubbing_that_a_reader_prevents_is_done_later(
    engine: Engine, sessions: Sessions, reading_sessions: Sessions, owner: User, ring: KeyRing
) -> None:
    with reading_sessions() as reader:
        reader.scalars(select(User)).all()
        erase(sessions, owner, ANN, ring)
        assert not scrub_sqlite(engine)
        assert not finish_erasures(engine, sessions, reading_sessions)
    assert finish_erasures(engine, sessions, reading_sessions)
    assert finish_erasures(engine, sessions, reading_sessions)


def test_there_is_nothing_to_finish_without_an_erasure(
    engine: Engine, sessions: Sessions, reading_sessions: Sessions, owner: User, ring: KeyRing
) -> None:
    assert finish_erasures(engine, sessions, reading_sessions)
    erase(sessions, owner, ANN, ring)
    assert finish_erasures(engine, sessions, reading_sessions)
    assert count(sessions, InstallationFact) == 0
