"""Tests of `core.storage.identifiers`."""

from __future__ import annotations

import re

from core.storage.identifiers import create_copy_id, create_id, derive_event_id


def test_identifiers_are_32_hexadecimal_digits_and_all_differ() -> None:
    made = [create_id() for _ in range(1000)]
    assert all(re.fullmatch(r"[0-9a-f]{32}", identifier) for identifier in made)
    assert len(set(made)) == 1000
    assert [identifier[:12] for identifier in made] == sorted(identifier[:12] for identifier in made)


def test_copy_ids_have_64_bits_and_are_never_zero() -> None:
    made = {create_copy_id() for _ in range(1000)}
    assert len(made) == 1000
    assert min(made) > 0
    assert max(made) < 1 << 64


def test_a_hit_becomes_the_same_event_each_time_and_events_sort_by_time() -> None:
    assert derive_event_id("segment:10", 1_763_800_000_000) == derive_event_id("segment:10", 1_763_800_000_000)
    assert derive_event_id("segment:10", 1_763_800_000_000) != derive_event_id("segment:11", 1_763_800_000_000)
    assert derive_event_id("b", 1_763_800_000_000) < derive_event_id("a", 1_763_800_000_001)
    assert len(derive_event_id("x", -1)) == 32
