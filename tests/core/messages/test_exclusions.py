"""Who is never tracked: what lists may hold, whom they cover, and what an erasure leaves of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.sight import see_whole
from core.errors import InputError
from core.keys import KEY_ID_BYTES, Key, KeyRing
from core.messages.exclusions import (
    Exclusions,
    add_exclusion,
    list_exclusions,
    load_exclusions,
    parse_pattern,
    remove_exclusion,
)
from core.privacy.erasure import erase_recipient
from core.privacy.held import describe_recipient
from core.storage.engine import Sessions
from core.storage.models import User
from tests.support.people import add_colleague

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (" Ann@Example.com ", "ann@example.com"),
        ("example.com", "example.com"),
        ("@Example.com", "example.com"),
        ("*.example.com", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "bücher.example"),
    ],
)
def test_addresses_and_domains_are_folded(text: str, pattern: str) -> None:
    assert parse_pattern(text) == pattern


@pytest.mark.parametrize("text", ["", "com", "@", "a b.example", "ann@", "exa\x00mple.com", "a" * 300 + ".com", ".."])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_pattern(text)


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_a_pattern_that_stays_itself_or_is_refused(text: str) -> None:
    try:
        pattern = parse_pattern(text)
    except InputError:
        return
    assert parse_pattern(pattern) == pattern


def test_a_domain_covers_all_below_it_and_nothing_that_only_ends_alike() -> None:
    listed = Exclusions(frozenset({"ann@one.example"}), frozenset({"two.example"}))
    assert listed.cover("Ann@One.example")
    assert not listed.cover("bob@one.example")
    assert listed.cover("bob@two.example")
    assert listed.cover("bob@mail.TWO.example")
    assert not listed.cover("bob@notwo.example")


def test_lists_are_ones_own_and_the_workspaces(sessions: Sessions, owner: User, ring: KeyRing) -> None:
    with sessions.begin() as session:
        colleague = add_colleague(session, owner)
        add_exclusion(session, owner.workspace_id, owner.id, "mine.example", NOW)
        add_exclusion(session, owner.workspace_id, owner.id, "MINE.example", NOW)
        add_exclusion(session, owner.workspace_id, None, "all.example", NOW)
        assert load_exclusions(session, owner.workspace_id, owner.id, ring).domains == {"mine.example", "all.example"}
        assert load_exclusions(session, owner.workspace_id, colleague.id, ring).domains == {"all.example"}
        [line] = list_exclusions(session, owner.workspace_id, owner.id)
        assert not remove_exclusion(session, owner.workspace_id, colleague.id, line.id)
        assert not remove_exclusion(session, owner.workspace_id, None, line.id)
        assert remove_exclusion(session, owner.workspace_id, owner.id, line.id)


def test_an_erasure_leaves_a_digest_so_that_the_choice_outlives_the_address(
    sessions: Sessions, owner: User, ring: KeyRing
) -> None:
    everything = see_whole(owner.workspace_id)
    with sessions.begin() as session:
        add_exclusion(session, owner.workspace_id, owner.id, "ann@example.com", NOW)
        held = describe_recipient(session, everything, "ann@example.com")
        assert held["never_tracked_since"] == ["2026-11-22T09:00:00Z"]
        erase_recipient(session, everything, "Ann@example.com", ring, NOW)
    newer = KeyRing((Key(b"n" * KEY_ID_BYTES, b"n" * 32), *ring.keys))
    with sessions.begin() as session:
        assert "never_tracked_since" not in describe_recipient(session, everything, "ann@example.com")
        assert [line.pattern for line in list_exclusions(session, owner.workspace_id, owner.id)] == [None]
        listed = load_exclusions(session, owner.workspace_id, owner.id, newer)
    assert listed.cover("ann@example.com")
    assert not listed.cover("bob@example.com")
