from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import InputError
from core.instrument import MAX_MESSAGE_BYTES, Mailbox, Recipient, instrument_message, parse_envelope, split_recipients
from core.instrument.addresses import parse_addresses
from core.instrument.encoded_words import decode_words
from tests.core.instrument.mails import GMAIL_WEB, PLAIN, wire
from tests.core.instrument.tracked import FakeTracking


def test_an_envelope_holds_what_the_header_says() -> None:
    envelope = parse_envelope(wire(GMAIL_WEB))
    assert envelope.subject == "Grüße from Köln"
    assert envelope.sender == Mailbox("ann@sender.example", "Ann Sender")
    assert envelope.recipients == (
        Recipient("bob@r.example", "Bob", "to"),
        Recipient("kim@r.example", "Lee, Kim", "to"),
        Recipient("joerg@r.example", "Jörg", "cc"),
        Recipient("boss@sender.example", "Boss", "bcc"),
        Recipient("hidden@sender.example", "", "bcc"),
    )
    assert envelope.date == datetime(2026, 11, 22, 9, 20, 30, tzinfo=UTC)
    assert envelope.message_id == "<CAF1@mail.sender.example>"


def test_a_bare_envelope_has_empty_places() -> None:
    envelope = parse_envelope(b"Subject: x\n\nhello")
    assert (envelope.sender, envelope.recipients, envelope.date, envelope.message_id) == (None, (), None, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" \r\n\r\n",
        b"hello",
        b"<html><body>",
        b'{"a": 1}',
        b"key: value\nother: value\n",
        b"\x7fELF\x02\x01\x01\x00\x00",
        b"From: a@b.example\x00\nTo: x\n\n",
        "From: a@b.example\n\nx".encode("utf-16"),
        b"\n\nFrom: a@b.example\n",
        b"a: b\n" * 100_000,
        b"Subject: " + b"x" * 2_000_000,
    ],
)
def test_what_is_no_mail_gets_one_clear_line(raw: bytes) -> None:
    for read in (parse_envelope, split_recipients, lambda raw: instrument_message(raw, FakeTracking())):
        with pytest.raises(InputError) as caught:
            read(raw)
        assert "\n" not in str(caught.value)


def test_a_mail_over_the_limit_is_refused_before_it_is_read() -> None:
    assert 36_700_160 < MAX_MESSAGE_BYTES < 50_000_000
    with pytest.raises(InputError, match="larger than 40 MB"):
        parse_envelope(wire(PLAIN) + b"x" * MAX_MESSAGE_BYTES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.example", [("a@b.example", "")]),
        ("a@b.example, c@d.example", [("a@b.example", ""), ("c@d.example", "")]),
        ('"Doe, John" <j@d.example>', [("j@d.example", "Doe, John")]),
        (r'"say \"hi\"" <j@d.example>', [("j@d.example", 'say "hi"')]),
        ("a@b.example (Ann (the (first)) one), x@y.example", [("a@b.example", ""), ("x@y.example", "")]),
        ("team: a@b.example, c@d.example; e@f.example", [(f"{x}.example", "") for x in ("a@b", "c@d", "e@f")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?Doe,_J=C3=B6rg?= <j@d.example>", [("j@d.example", "Doe, Jörg")]),
        ("<@route.example:j@d.example>", [("j@d.example", "")]),
        ('"a b"@c.example', [('"a b"@c.example', "")]),
        ("jörg@köln.example", [("jörg@köln.example", "")]),
        ("nobody, <no body@x>, <a@b.example\x00>, @, a@, @b", []),
        ("O'Neil <o'neil+tag@d.example>", [("o'neil+tag@d.example", "O'Neil")]),
        ('"unclosed <a@b.example>', []),
    ],
)
def test_address_lists_are_read_as_people_write_them(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(mailbox.address, mailbox.name) for mailbox in parse_addresses(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a_b=C3=BC?=", "a bü"),
        ("=?utf-8?b?w7w=?= =?utf-8?b?w7w=?=", "üü"),
        ("=?utf-8?b?ww==?= =?utf-8?b?vA==?=", "ü"),
        ("x =?utf-8?q?y?= z", "x y z"),
        ("=?utf-8?q?y?= z =?utf-8?q?y?=", "y z y"),
        ("=?utf-8*de?q?y?=", "y"),
        ("=?no-such?q?y?=", "y"),
        ("=?utf-8?q?open", "=?utf-8?q?open"),
        ("=?utf-8?b?w7?=", "\ufffd"),
    ],
)
def test_encoded_words_are_decoded(text: str, expected: str) -> None:
    assert decode_words(text) == expected


def test_copies_lose_bcc_and_nothing_else() -> None:
    raw = wire(GMAIL_WEB)
    copies = split_recipients(raw)
    assert [copy.recipient.address for copy in copies] == [
        "bob@r.example", "kim@r.example", "joerg@r.example", "boss@sender.example", "hidden@sender.example",
    ]  # fmt: skip
    bare = raw.replace(b"Bcc: Boss <boss@sender.example>,\r\n hidden@sender.example\r\n", b"")
    assert {copy.raw for copy in copies} == {bare}


def test_an_address_named_twice_gets_one_copy() -> None:
    raw = b"From: a@b.example\nTo: C@d.example\nCc: c@d.example\nBCC: c@D.example\n\nx"
    assert [copy.recipient for copy in split_recipients(raw)] == [Recipient("C@d.example", "", "to")]


def test_in_shared_mode_the_bcc_header_stays() -> None:
    assert b"Bcc: Boss" in instrument_message(wire(GMAIL_WEB), FakeTracking()).raw
