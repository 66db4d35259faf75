from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enrich.ranges import Ranges, RangesError
from core.enrich.ranges_builder import RangesBuilder

PREFIXES = st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32), st.integers(0, 2)), max_size=12)
OVERLAPS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(0, 2)), max_size=12)


def test_the_most_specific_of_nested_blocks_wins() -> None:
    builder = RangesBuilder()
    for block in ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "2001:db8::/32", "2001:db8:0:0:8000::/65"):
        builder.add_network(ip_network(block), (block,))
    ranges = builder.build()
    expected: dict[str, str | None] = {
        "9.255.255.255": None,
        "10.0.0.0": "10.0.0.0/8",
        "10.1.1.255": "10.1.0.0/16",
        "10.1.2.3": "10.1.2.0/24",
        "10.1.3.0": "10.1.0.0/16",
        "10.2.0.0": "10.0.0.0/8",
        "11.0.0.0": None,
        "2001:db8::1": "2001:db8::/32",
        "2001:db8:0:0:8000::1": "2001:db8:0:0:8000::/65",
        "2001:db8:0:1::": "2001:db8::/32",
        "2001:db9::": None,
        "::": None,
    }
    for address, holder in expected.items():
        assert ranges.find(ip_address(address)) == (None if holder is None else (holder,)), address


def test_of_equal_blocks_the_lower_rank_wins() -> None:
    builder = RangesBuilder()
    builder.add_network(ip_network("192.0.2.0/24"), ("cloud",), rank=2)
    builder.add_network(ip_network("192.0.2.0/24"), ("relay",), rank=1)
    assert builder.build().find(ip_address("192.0.2.9")) == ("relay",)


def test_the_last_addresses_of_each_family_can_be_in_a_block() -> None:
    builder = RangesBuilder()
    for block in ("255.255.255.255/32", "ffff::/16", "0.0.0.0/32", "::/128"):
        builder.add_network(ip_network(block), (block,))
    ranges = builder.build()
    assert ranges.find(ip_address("255.255.255.255")) == ("255.255.255.255/32",)
    assert ranges.find(ip_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")) == ("ffff::/16",)
    assert ranges.find(ip_address("0.0.0.1")) is None
    assert ranges.find(ip_address("::1")) is None


@given(PREFIXES)
def test_any_blocks_answer_as_a_search_of_all_of_them_would(blocks: list[tuple[int, int, int]]) -> None:
    networks = [(ip_network((0x0A000000 + host, length), strict=False), rank) for host, length, rank in blocks]
    builder = RangesBuilder()
    for order, (network, rank) in enumerate(networks):
        builder.add_network(network, (order,), rank)
    ranges = builder.build()
    for last in range(256):
        address = ip_address(0x0A000000 + last)
        holding = [(n.num_addresses, rank, i) for i, (n, rank) in enumerate(networks) if address in n]
        assert ranges.find(address) == ((min(holding)[2],) if holding else None)


@given(OVERLAPS, st.sampled_from([0, 1 << 63, (1 << 64) - 40]))
def test_ranges_that_overlap_in_any_way_answer_with_the_smallest(spans: list[tuple[int, int, int]], base: int) -> None:
    builder = RangesBuilder()
    for order, (first, size, rank) in enumerate(spans):
        builder.add(6, base + first, base + first + size - 1, (order,), rank)
    ranges = builder.build()
    for offset in range(-1, 92):
        if base + offset < 0:
            continue
        holding = [(s, r, i) for i, (f, s, r) in enumerate(spans) if f <= offset < f + s]
        found = ranges.find(ip_address((base + offset).to_bytes(16, "big")))
        assert found == ((min(holding)[2],) if holding else None)


def test_a_file_answers_as_the_builder_does(tmp_path: Path) -> None:
    builder = RangesBuilder()
    builder.add_network(ip_network("192.0.2.0/24"), (64496, "Größe & Söhne"))
    builder.add_network(ip_network("2001:db8::/32"), (64497, None))
    builder.write(tmp_path / "some.ranges", {"built_at": 5.0})
    ranges = Ranges.open(tmp_path / "some.ranges")
    assert ranges.find(ip_address("192.0.2.1")) == (64496, "Größe & Söhne")
    assert ranges.find(ip_address("2001:db8::1")) == (64497, None)
    assert ranges.find(ip_address("198.51.100.1")) is None
    assert ranges.about == {"built_at": 5.0}


def test_an_empty_list_is_a_file_that_knows_nothing(tmp_path: Path) -> None:
    RangesBuilder().write(tmp_path / "none.ranges", {})
    ranges = Ranges.open(tmp_path / "none.ranges")
    assert ranges.find(ip_address("192.0.2.1")) is None
    assert ranges.find(ip_address("2001:db8::1")) is None


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    builder = RangesBuilder()
    builder.add_network(ip_network("192.0.2.0/24"), ("x",))
    builder.write(tmp_path / "some.ranges", {})
    whole = (tmp_path / "some.ranges").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.ranges").write_bytes(whole[:length])
        with pytest.raises(RangesError):
            Ranges.open(tmp_path / "cut.ranges")


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before"):
        RangesBuilder().add(4, 5, 4, ("x",))
