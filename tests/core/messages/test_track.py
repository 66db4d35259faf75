"""Tracking a whole mail: what is handed back, what is registered, and that nothing is when nothing was tracked."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from core.errors import InputError
from core.links import verify_link
from core.messages.track import TrackedMail, track_message
from core.storage.engine import Sessions
from core.storage.models import Copy, Link, Message, Recipient, User
from core.tokens import TokenSigner
from tests.support.api import NOW

MAIL = b"""\
From: Olga Owner <olga@example.com>
To: Ann <ann@example.com>, bob@example.com
Bcc: carl@example.com
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Message-ID: <one@example.com>
Date: Mon, 2 Jan 2006 15:04:05 +0000
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>Hello <a href="https://example.com/a">a</a> <a href="https://example.com/b">b</a></p>
""".replace(b"\n", b"\r\n")

PLAIN = MAIL.replace(b"text/html", b"text/plain")


def track(
    sessions: Sessions, signer: TokenSigner, user: User, raw: bytes, *, per_recipient: bool = False
) -> TrackedMail:
    """Track a mail for a user."""
    return track_message(sessions, signer, "https://t.example", user, raw, NOW, per_recipient=per_recipient)


def test_a_mail_is_tracked_as_one_copy_for_all(sessions: Sessions, owner: User, signer: TokenSigner) -> None:
    tracked = track(sessions, signer, owner, MAIL)

    (copy,) = tracked.copies
    assert copy.recipients == ("ann@example.com", "bob@example.com", "carl@example.com")
    raw = copy.render()
    assert raw.startswith(MAIL.split(b"\r\n\r\n")[0])
    assert b'href="https://example.com/' not in raw
    assert raw.count(b"https://t.example/c/") == 2
    assert raw.count(b"https://t.example/o/") == 1
    assert tracked.summarise() == {
        "message_id": tracked.message_id,
        "tracked": True,
        "reason": None,
        "links": ["https://example.com/a", "https://example.com/b"],
        "copies": [{"recipients": list(copy.recipients)}],
    }
    with sessions() as session:
        message = session.scalars(select(Message)).one()
        assert (message.id, message.subject, message.sender) == (tracked.message_id, "Grüße", "olga@example.com")
        assert (message.rfc_message_id, message.mode, message.sent_at) == ("<one@example.com>", "shared", NOW)
        people = session.scalars(select(Recipient).order_by(Recipient.position)).all()
        assert [(person.address, person.name, person.kind) for person in people] == [
            ("ann@example.com", "Ann", "to"),
            ("bob@example.com", None, "to"),
            ("carl@example.com", None, "bcc"),
        ]


def test_each_recipient_gets_a_mail_without_bcc(sessions: Sessions, owner: User, signer: TokenSigner) -> None:
    tracked = track(sessions, signer, owner, MAIL, per_recipient=True)

    assert [copy.recipients for copy in tracked.copies] == [
        ("ann@example.com",),
        ("bob@example.com",),
        ("carl@example.com",),
    ]
    seen = set()
    for copy in tracked.copies:
        raw = copy.render()
        assert b"carl@example.com" not in raw
        assert b"To: Ann <ann@example.com>, bob@example.com" in raw
        numbers = []
        for part in raw.split(b'href="')[1:]:
            url = urlsplit(part.split(b'"')[0].decode().replace("&amp;", "&"))
            copy_id, number, _ = verify_link(signer, url.path.removeprefix("/c/"), url.query)
            numbers.append(number)
        assert numbers == [0, 1]
        seen.add(copy_id)
    with sessions() as session:
        assert set(session.scalars(select(Copy.id))) == seen
        assert session.scalars(select(Link.url).order_by(Link.number)).all() == [
            "https://example.com/a",
            "https://example.com/b",
        ]
    summary = tracked.summarise(["1.eml", "2.eml", "3.eml"])
    assert summary["copies"][2] == {"recipients": ["carl@example.com"], "file": "3.eml"}


@pytest.mark.parametrize("per_recipient", [False, True])
def test_what_cannot_be_tracked_comes_back_and_is_not_registered(
    sessions: Sessions, owner: User, signer: TokenSigner, per_recipient: bool
) -> None:
    tracked = track(sessions, signer, owner, PLAIN, per_recipient=per_recipient)

    assert (tracked.message_id, tracked.tracked, tracked.reason) == (None, False, "no_html_part")
    assert len(tracked.copies) == (3 if per_recipient else 1)
    expected = PLAIN.replace(b"Bcc: carl@example.com\r\n", b"") if per_recipient else PLAIN
    assert {copy.render() for copy in tracked.copies} == {expected}
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_tracking_again_adds_nothing(sessions: Sessions, owner: User, signer: TokenSigner) -> None:
    once = track(sessions, signer, owner, MAIL).copies[0].render()
    again = track(sessions, signer, owner, once)
    assert (again.tracked, again.reason, again.copies[0].render()) == (False, "already_tracked", once)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_mail_without_recipients_or_sender_is_tracked_for_its_user(
    sessions: Sessions, owner: User, signer: TokenSigner
) -> None:
    raw = b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>x</p>"
    tracked = track(sessions, signer, owner, raw)
    assert tracked.tracked
    assert tracked.copies[0].recipients == ()
    with sessions() as session:
        assert session.scalars(select(Message.sender)).one() == owner.email
    with pytest.raises(InputError, match="names no recipient"):
        track(sessions, signer, owner, raw, per_recipient=True)


def test_too_many_recipients_are_refused_before_anything_is_done(
    sessions: Sessions, owner: User, signer: TokenSigner
) -> None:
    many = ", ".join(f"p{number}@example.com" for number in range(501)).encode()
    with pytest.raises(InputError, match="at most 500"):
        track(sessions, signer, owner, MAIL.replace(b"bob@example.com", many))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0
