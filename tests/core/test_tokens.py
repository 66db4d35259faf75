"""Tests of `core.tokens`."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import VerificationError
from core.keys import create_key, parse_keys
from core.tokens import VERSION, TokenSigner

OLD, NEW = create_key(), create_key()
SIGNER = TokenSigner(parse_keys(OLD))
DESTINATION = b"https://example.com/a?b=c"
copy_ids = st.integers(1, (1 << 64) - 1)
numbers = st.integers(0, (1 << 16) - 1)
# What could stand in a URL, and a little of what could not.
characters = st.sampled_from(string.ascii_letters + string.digits + "-_+/=.~%! \n\x00é💥")


@given(copy_ids)
def test_a_copy_token_gives_its_copy_back(copy_id: int) -> None:
    assert SIGNER.verify_pixel(SIGNER.sign_pixel(copy_id)) == copy_id
    assert SIGNER.verify_page(SIGNER.sign_page(copy_id)) == copy_id


@given(copy_ids, numbers, st.binary(max_size=200))
def test_a_link_token_gives_copy_and_number_back(copy_id: int, number: int, destination: bytes) -> None:
    assert SIGNER.verify_link(SIGNER.sign_link(copy_id, number, destination), destination) == (copy_id, number)


@given(copy_ids, st.data())
def test_no_single_altered_character_verifies(copy_id: int, data: st.DataObject) -> None:
    token = SIGNER.sign_pixel(copy_id)
    place = data.draw(st.integers(0, len(token) - 1))
    altered = token[:place] + data.draw(characters.filter(lambda c: c != token[place])) + token[place + 1 :]
    with pytest.raises(VerificationError):
        SIGNER.verify_pixel(altered)


@given(copy_ids, numbers, st.data())
def test_no_single_altered_character_of_a_link_verifies(copy_id: int, number: int, data: st.DataObject) -> None:
    token = SIGNER.sign_link(copy_id, number, DESTINATION)
    place = data.draw(st.integers(0, len(token) - 1))
    altered = token[:place] + data.draw(characters.filter(lambda c: c != token[place])) + token[place + 1 :]
    with pytest.raises(VerificationError):
        SIGNER.verify_link(altered, DESTINATION)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_token_is_bound_to_its_destination(signed: bytes, asked: bytes) -> None:
    token = SIGNER.sign_link(1, 2, signed)
    if signed != asked:
        with pytest.raises(VerificationError):
            SIGNER.verify_link(token, asked)


@given(st.text(max_size=60))
def test_what_anyone_writes_is_no_token(text: str) -> None:
    for verify in (SIGNER.verify_pixel, SIGNER.verify_page, lambda token: SIGNER.verify_link(token, DESTINATION)):
        with pytest.raises(VerificationError):
            verify(text)


def test_a_token_serves_one_use_only() -> None:
    pixel, page = SIGNER.sign_pixel(5), SIGNER.sign_page(5)
    with pytest.raises(VerificationError):
        SIGNER.verify_page(pixel)
    with pytest.raises(VerificationError):
        SIGNER.verify_pixel(page)


def test_every_length_but_the_right_one_is_refused() -> None:
    token = SIGNER.sign_pixel(5)
    for length in range(len(token)):
        with pytest.raises(VerificationError):
            SIGNER.verify_pixel(token[:length])
    for more in ("A", "=", "AAAA", " "):
        with pytest.raises(VerificationError):
            SIGNER.verify_pixel(token + more)


def test_another_installation_cannot_sign_for_this_one() -> None:
    other = TokenSigner(parse_keys(NEW))
    with pytest.raises(VerificationError):
        SIGNER.verify_pixel(other.sign_pixel(5))


def test_old_keys_go_on_verifying_and_removed_ones_do_not() -> None:
    old = SIGNER.sign_pixel(5)
    assert TokenSigner(parse_keys(f"{NEW},{OLD}")).verify_pixel(old) == 5
    with pytest.raises(VerificationError):
        TokenSigner(parse_keys(NEW)).verify_pixel(old)


@given(copy_ids)
def test_tokens_begin_with_the_format_version_and_are_safe_in_a_path(copy_id: int) -> None:
    for token in (SIGNER.sign_pixel(copy_id), SIGNER.sign_page(copy_id), SIGNER.sign_link(copy_id, 3, DESTINATION)):
        assert token[0] == VERSION == "1"
        assert set(token) <= set(string.ascii_letters + string.digits + "-_")
