"""Cursors: they come back as they were, and nothing else passes for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.timeline.cursors import decode_place, decode_position, encode_place, encode_position

_TIMES = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_IDS = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(st.integers(0, 2**53))
def test_a_position_comes_back(position: int) -> None:
    assert decode_position("f", encode_position("f", position)) == position


@given(st.none() | _TIMES, _IDS)
def test_a_place_comes_back_to_the_microsecond(at: datetime | None, identifier: str) -> None:
    assert decode_place("m", encode_place("m", at, identifier)) == (at, identifier)


@given(st.text(st.characters()) | st.text("ABCabc123-_=", max_size=60))
def test_anything_made_up_is_refused(text: str) -> None:
    for decode in (decode_position, decode_place):
        with pytest.raises(InputError):
            decode("f", text)


@given(st.integers(0, 10**9), st.integers(0, 30), st.sampled_from("ABCxyz019-_"))
def test_an_altered_cursor_is_refused_or_the_same(position: int, index: int, character: str) -> None:
    cursor = encode_position("f", position)
    index %= len(cursor)
    altered = cursor[:index] + character + cursor[index + 1 :]
    try:
        assert decode_position("f", altered) == position  # unused bits of the last character
    except InputError:
        assert altered != cursor


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InputError):
        decode_position("g", encode_position("f", 1))
    with pytest.raises(InputError):
        decode_place("m", encode_place("t", None, "0" * 32))
