"""Registering: rows and what they hold, and what they never hold."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.errors import InputError
from core.links import is_own_url
from core.messages.draft import DraftRecipient, MessageDraft, Mode
from core.messages.register import (
    load_planned_copies,
    prepare_message,
    rebuild_message,
    register_message,
    store_message,
)
from core.storage.engine import Sessions
from core.storage.models import Base, Link, Recipient, User
from core.tokens import TokenSigner
from tests.support.api import NOW

CANARY = "the-canary-sings-at-noon"
PEOPLE = tuple(DraftRecipient(f"p{number}@example.com") for number in range(12))


def test_no_word_of_the_body_is_stored(sessions: Sessions, owner: User, signer: TokenSigner, data_dir: Path) -> None:
    html = f'<p>{CANARY} <a href="https://example.com/x">{CANARY}</a></p>'
    draft = MessageDraft("Offer", "olga@example.com", PEOPLE, html=html, mode=Mode.PER_RECIPIENT)
    with sessions.begin() as session:
        registered = register_message(session, signer, "https://t.example", owner, draft, NOW)

    assert all(copy.html is not None and copy.html.count(CANARY) == 2 for copy in registered.copies)
    assert CANARY not in repr(draft)
    assert CANARY not in repr(registered)
    with sessions() as session:
        for table in Base.metadata.sorted_tables:
            assert CANARY not in str(session.execute(text(f"SELECT * FROM {table.name}")).all())
    for path in data_dir.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert CANARY.encode() not in content
        assert base64.b64encode(CANARY.encode())[:24] not in content


def test_the_same_draft_gives_the_same_copies_again(sessions: Sessions, owner: User, signer: TokenSigner) -> None:
    html = '<a href="https://example.com/x">x</a>'
    draft = MessageDraft("Offer", "o@example.com", PEOPLE, ("https://example.com/y",), html, Mode.PER_RECIPIENT)
    with sessions.begin() as session:
        registered = register_message(session, signer, "https://t.example", owner, draft, NOW)
    with sessions() as session:
        planned = load_planned_copies(session, registered.message_id)
        assert session.scalars(select(Recipient.address).order_by(Recipient.position)).all() == [
            person.address for person in PEOPLE
        ]
    assert rebuild_message(signer, "https://t.example", registered.message_id, planned, draft) == registered


def test_a_message_without_recipients_has_one_copy(sessions: Sessions, owner: User, signer: TokenSigner) -> None:
    draft = MessageDraft("", "o@example.com", (), mode=Mode.PER_RECIPIENT)
    with sessions.begin() as session:
        registered = register_message(session, signer, "https://t.example", owner, draft, NOW)
    with sessions() as session:
        (planned,) = load_planned_copies(session, registered.message_id)
        assert planned.copy_id == registered.copies[0].copy_id
        assert load_planned_copies(session, "0" * 32) == ()


def test_links_are_ours_and_kept_as_they_denote(sessions: Sessions, owner: User, signer: TokenSigner) -> None:
    draft = MessageDraft("", "o@example.com", PEOPLE, ("https://example.com/\ud800\t", "HTTP://example.com/{x}"))
    prepared, registered = prepare_message(signer, "https://t.example", draft)
    with sessions.begin() as session:
        store_message(session, owner, prepared, NOW)
    assert set(registered.copies[0].links) == set(draft.links)
    assert all(is_own_url(signer, url) for url in registered.copies[0].links.values())
    with sessions() as session:
        assert session.scalars(select(Link.url).order_by(Link.number)).all() == [
            "https://example.com/%EF%BF%BD",
            "HTTP://example.com/{x}",
        ]


@pytest.mark.parametrize("url", ["", "mailto:a@b.de", "//example.com", "http://", "https:///x", "javascript:1"])
def test_what_is_no_web_address_is_refused_before_a_row_is_written(signer: TokenSigner, url: str) -> None:
    with pytest.raises(InputError):
        prepare_message(signer, "https://t.example", MessageDraft("", "o@example.com", PEOPLE, (url,)))
