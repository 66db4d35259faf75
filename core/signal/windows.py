"""Counting within sliding windows of time, in linear time after sorting. Knows nothing of mail."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Hashable, Sequence


def peak_distinct(times: Sequence[int], keys: Sequence[Hashable], width: int) -> list[int]:
    """Count for each entry the most distinct keys in any window of `width` that holds the entry.

    `times` ascend, in any one unit; a window is closed at both ends; a key of None counts for nothing.
    """
    counts, firsts = _windows(times, keys, width)
    peaks = [0] * len(times)
    best: deque[int] = deque()  # window indexes, their counts descending
    end = len(times) - 1
    # Entry k lies in the windows that end at k, k+1, … as long as they begin at k or before.
    upcoming = 0
    for entry in range(len(times)):
        while upcoming <= end and firsts[upcoming] <= entry:
            while best and counts[best[-1]] <= counts[upcoming]:
                best.pop()
            best.append(upcoming)
            upcoming += 1
        while best[0] < entry:
            best.popleft()
        peaks[entry] = counts[best[0]]
    return peaks


def _windows(times: Sequence[int], keys: Sequence[Hashable], width: int) -> tuple[list[int], list[int]]:
    """Give for the widest window that ends at each entry its number of distinct keys and its first entry."""
    held: dict[Hashable, int] = {}
    counts: list[int] = []
    firsts: list[int] = []
    first = 0
    for last, time in enumerate(times):
        while times[first] < time - width:
            _drop(held, keys[first])
            first += 1
        if keys[last] is not None:
            held[keys[last]] = held.get(keys[last], 0) + 1
        counts.append(len(held))
        firsts.append(first)
    return counts, firsts


def _drop(held: dict[Hashable, int], key: Hashable) -> None:
    if key is None:
        return
    held[key] -= 1
    if not held[key]:
        del held[key]


def any_between(times: Sequence[int], earliest: int, latest: int) -> bool:
    """Say whether one of the ascending `times` lies in the closed span."""
    place = bisect_left(times, earliest)
    return place < len(times) and times[place] <= latest
