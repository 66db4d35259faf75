"""Tests of `core.storage.sealing`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import VerificationError
from core.keys import KeyRing, create_key, parse_keys
from core.storage.sealing import Sealer

RING = parse_keys(create_key())
PLACE = "connections:1:refresh_token"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text(max_size=50, alphabet="ab:1"))
def test_what_was_sealed_opens_in_its_place(secret: str, place: str) -> None:
    sealer = Sealer(RING)
    assert sealer.open(sealer.seal(secret, place), place) == secret


@given(st.data())
def test_a_change_of_any_bit_is_refused(data: st.DataObject) -> None:
    sealer = Sealer(RING)
    sealed = bytearray(sealer.seal("a token", PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerificationError):
        sealer.open(bytes(sealed), PLACE)


@given(st.binary(max_size=80))
def test_anything_else_is_refused(garbage: bytes) -> None:
    with pytest.raises(VerificationError):
        Sealer(RING).open(garbage, PLACE)


@pytest.mark.parametrize(
    "place", ["connections:2:refresh_token", "connections:1:access_token", "other:1:refresh_token"]
)
def test_a_token_moved_to_another_row_field_or_table_does_not_open(place: str) -> None:
    sealer = Sealer(RING)
    with pytest.raises(VerificationError):
        sealer.open(sealer.seal("a token", PLACE), place)


def test_the_same_token_is_sealed_differently_each_time_and_never_in_the_clear() -> None:
    sealer = Sealer(RING)
    first, second = sealer.seal("a token", PLACE), sealer.seal("a token", PLACE)
    assert first != second
    assert b"token" not in first


def test_old_keys_open_and_the_newest_seals() -> None:
    old, new = parse_keys(create_key()), parse_keys(create_key())
    both = KeyRing(new.keys + old.keys)
    sealed = Sealer(old).seal("a token", PLACE)
    assert Sealer(both).open(sealed, PLACE) == "a token"
    assert not Sealer(both).is_current(sealed, PLACE)
    again = Sealer(both).seal("a token", PLACE)
    assert Sealer(both).is_current(again, PLACE)
    assert Sealer(new).open(again, PLACE) == "a token"
    with pytest.raises(VerificationError):
        Sealer(old).open(again, PLACE)
