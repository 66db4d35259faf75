"""Whose address counts: only what trusted proxies say, and nothing that a stranger can write."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hits.client_address import ClientAddresses
from core.settings import TrustedProxies

CLOUDFLARE = "162.158.10.9"
CLOUDFLARE_6 = "2606:4700::6810:1"


def trusting(*networks: str, cloudflare: bool = False) -> ClientAddresses:
    """Make a resolver that trusts these networks."""
    return ClientAddresses(TrustedProxies(tuple(ipaddress.ip_network(network) for network in networks), cloudflare))


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_stranger_is_who_it_is_whatever_it_says(forwarded: str, connecting: str) -> None:
    for resolver in (trusting(), trusting("10.0.0.0/8"), trusting("10.0.0.0/8", cloudflare=True)):
        assert resolver.resolve("203.0.113.9", forwarded, connecting) == "203.0.113.9"


@given(st.text(max_size=60))
def test_what_stands_left_of_the_first_untrusted_address_counts_for_nothing(spoofed: str) -> None:
    resolver = trusting("10.0.0.0/8", "192.0.2.0/24")
    header = f"{spoofed}, 198.51.100.7, 192.0.2.3 , 10.1.1.1"
    assert resolver.resolve("10.0.0.1", header, None) == "198.51.100.7"


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_in_the_headers_raises_and_the_answer_is_an_address(forwarded: str, connecting: str) -> None:
    answer = trusting("10.0.0.0/8", cloudflare=True).resolve("10.0.0.1", forwarded, connecting)
    ipaddress.ip_address(answer)


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (None, "10.0.0.1"),
        ("", "10.0.0.1"),
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ('"[2001:db8::5]:4711"', "2001:db8::5"),
        ("2001:DB8:0::5", "2001:db8::5"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, unknown", "10.0.0.1"),
        ("198.51.100.7, unknown, 10.2.2.2", "10.2.2.2"),
        ("198.51.100.7, _hidden, 203.0.113.1", "203.0.113.1"),
        ("10.5.5.5, 10.6.6.6", "10.5.5.5"),
        ("1.2.3.4.5", "10.0.0.1"),
        ("198.51.100.7,", "10.0.0.1"),
    ],
)
def test_a_proxys_header_is_read_from_the_right(header: str | None, client: str) -> None:
    assert trusting("10.0.0.0/8").resolve("10.0.0.1", header, None) == client


def test_an_ipv4_proxy_seen_in_ipv6_form_is_trusted() -> None:
    assert trusting("10.0.0.0/8").resolve("::ffff:10.0.0.1", "198.51.100.7", None) == "198.51.100.7"


@pytest.mark.parametrize("edge", [CLOUDFLARE, CLOUDFLARE_6])
def test_cloudflares_header_counts_behind_a_trusted_proxy_only_from_its_own_ranges(edge: str) -> None:
    resolver = trusting("10.0.0.0/8")
    assert resolver.resolve("10.0.0.1", f"198.51.100.7, {edge}", "198.51.100.7") == "198.51.100.7"
    assert resolver.resolve("10.0.0.1", "203.0.113.9", "198.51.100.7") == "203.0.113.9"
    assert resolver.resolve("10.0.0.1", f"{edge}, 203.0.113.9", "198.51.100.7") == "203.0.113.9"


@pytest.mark.parametrize("edge", [CLOUDFLARE, CLOUDFLARE_6])
def test_cloudflare_as_the_peer_itself_counts_where_the_setting_says_so(edge: str) -> None:
    assert trusting(cloudflare=True).resolve(edge, None, "198.51.100.7") == "198.51.100.7"
    assert trusting().resolve(edge, None, "198.51.100.7") == edge
    assert trusting(cloudflare=True).resolve("203.0.113.9", None, "198.51.100.7") == "203.0.113.9"


def test_where_the_setting_says_cloudflare_the_proxies_that_it_names_speak_for_cloudflare() -> None:
    """A tunnel's end on this host names no address of Cloudflare's."""
    resolver = trusting("127.0.0.0/8", cloudflare=True)
    assert resolver.resolve("127.0.0.1", None, "198.51.100.7") == "198.51.100.7"
    assert resolver.resolve("10.0.0.1", None, "198.51.100.7") == "10.0.0.1"


def test_a_broken_cloudflare_header_leaves_cloudflares_own_address() -> None:
    assert trusting(cloudflare=True).resolve(CLOUDFLARE, None, "nobody") == CLOUDFLARE


def test_an_address_with_an_endless_zone_is_none() -> None:
    peer = "127.0.0.1"
    assert trusting("127.0.0.0/8").resolve(peer, "fe80::1%" + "x" * 60_000, None) == peer
