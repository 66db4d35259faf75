"""Sliding windows against counting by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.signal.windows import any_between, peak_distinct

_entries = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["a", "b", "c", "d", None])), max_size=25)


def _by_hand(times: list[int], keys: list[str | None], width: int) -> list[int]:
    peaks = []
    for time in times:
        counts = [
            len({key for at, key in zip(times, keys, strict=True) if first <= at <= first + width} - {None})
            for first in range(time - width, time + 1)
        ]
        peaks.append(max(counts))
    return peaks


@given(_entries, st.integers(0, 15))
def test_the_peak_is_that_of_the_best_window_around_each_entry(
    entries: list[tuple[int, str | None]], width: int
) -> None:
    entries.sort(key=lambda entry: entry[0])
    times, keys = [time for time, _ in entries], [key for _, key in entries]
    assert peak_distinct(times, keys, width) == _by_hand(times, keys, width)


@given(st.lists(st.integers(0, 30)), st.integers(0, 30), st.integers(0, 30))
def test_any_between_is_closed_at_both_ends(times: list[int], earliest: int, latest: int) -> None:
    times.sort()
    assert any_between(times, earliest, latest) == any(earliest <= time <= latest for time in times)
