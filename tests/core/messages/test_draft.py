"""What a draft may be: addresses, subjects, times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.messages.draft import (
    EARLIEST,
    MAXIMUM_SUBJECT_CHARACTERS,
    DraftRecipient,
    clamp_sent_at,
    clean_address,
    clean_name,
    clean_subject,
    collapse_recipients,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" ann@example.com ", "ann@example.com"),
        ("Ann <ann@example.com>", "ann@example.com"),
        ('"Lee, Ann" <ann@example.com>', "ann@example.com"),
        ("änn@exämple.com", "änn@exämple.com"),
        ("ann+tag/x=y@example.com", "ann+tag/x=y@example.com"),
    ],
)
def test_an_address_is_taken_bare_or_with_a_name(text: str, address: str) -> None:
    assert clean_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "A <a@x.de>, B <b@x.de>",
        "",
        "ann",
        "@example.com",
        "ann@",
        "a b@example.com",
        "a\r\nb@x.de",
        "a@x.de, b@x.de",
        "a\ud800@x.de",
        "<>",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        clean_address(text)


@pytest.mark.parametrize(
    "text", ["<" + "(" * 1000 + "a@x.de>", "<" + "(" * 2_000_000, "<" * 2_000_000, '<"' * 1_000_000]
)
def test_what_nests_or_repeats_without_end_is_refused_at_once(text: str) -> None:
    with pytest.raises(InputError):
        clean_address(text)


@given(st.text(st.characters()))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    address, refusal = "", ""
    try:
        address = clean_address(text)
    except InputError as error:
        refusal = str(error)
    assert refusal.isprintable()
    assert refusal or clean_address(address) == address
    address.encode()


@given(st.text(st.characters()))
def test_a_subject_is_one_printable_line_that_any_database_takes(text: str) -> None:
    subject = clean_subject(text)
    assert "\0" not in subject
    assert subject.splitlines() in ([], [subject])
    assert len(subject.encode()) <= 4 * MAXIMUM_SUBJECT_CHARACTERS
    assert clean_subject(subject) == subject


def test_an_empty_name_is_none() -> None:
    assert (clean_name(None), clean_name(" \n"), clean_name(" Ann\tLee ")) == (None, None, "Ann Lee")


def test_five_hundred_recipients_are_taken_and_no_more() -> None:
    people = [DraftRecipient(f"p{number}@example.com") for number in range(500)]
    again = DraftRecipient("P0@example.com")
    assert len(collapse_recipients([*people, again])) == 500
    with pytest.raises(InputError, match="501"):
        collapse_recipients([*people, DraftRecipient("x@example.com")])


def test_a_time_of_sending_is_neither_to_come_nor_ancient() -> None:
    east = timezone(timedelta(hours=2))
    assert clamp_sent_at(None, NOW) == NOW
    assert clamp_sent_at(NOW + timedelta(seconds=1), NOW) == NOW
    assert clamp_sent_at(datetime(1900, 1, 1, tzinfo=UTC), NOW) == EARLIEST
    assert clamp_sent_at(datetime(2026, 11, 22, 10, 0, tzinfo=east), NOW).utcoffset() == timedelta(0)
