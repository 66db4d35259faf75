from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enrich import operators
from core.enrich.networks import Networks
from core.enrich.places import Places
from core.enrich.ranges_builder import RangesBuilder
from core.signal.evidence import Network, NetworkKind
from tests.core.enrich.databases import write_systems


@pytest.fixture
def networks(tmp_path: Path) -> Networks:
    """Lists of a relay within a cloud, and systems."""
    builder = RangesBuilder()
    for block, kind, operator in (
        ("172.224.224.0/27", "apple_relay", "Apple"),
        ("209.222.80.0/21", "hosting", "Amazon Web Services"),
        ("34.64.0.0/10", "hosting", "Google Cloud"),
        ("2a02:26f7::/40", "apple_relay", "Apple"),
        ("192.0.2.0/24", "of a kind yet to come", None),
    ):
        builder.add_network(ip_network(block), (kind, operator))
    builder.write(tmp_path / "networks.ranges", {})
    places = Places.open(None, write_systems(tmp_path / "asn.mmdb"))
    return Networks(tmp_path / "networks.ranges", places.asn)


@pytest.mark.parametrize(
    ("address", "kind", "asn", "operator"),
    [
        ("172.224.224.5", NetworkKind.APPLE_RELAY, 36183, "Apple"),
        ("172.224.225.5", NetworkKind.HOSTING, 36183, "Akamai"),
        ("2a02:26f7::9", NetworkKind.APPLE_RELAY, None, "Apple"),
        ("34.64.1.1", NetworkKind.HOSTING, None, "Google Cloud"),
        ("66.249.84.10", NetworkKind.GOOGLE, 15169, "Google"),
        ("2a00:1450::5", NetworkKind.GOOGLE, None, "Google"),
        ("40.92.1.1", NetworkKind.MICROSOFT, 8075, "Microsoft"),
        ("72.145.1.1", NetworkKind.MICROSOFT, None, "Microsoft"),
        ("67.231.144.3", NetworkKind.SECURITY, 22843, "Proofpoint"),
        ("165.225.1.1", NetworkKind.GATEWAY, 22616, "Zscaler"),
        ("5.9.1.1", NetworkKind.HOSTING, 24940, "Hetzner"),
        ("81.2.69.142", NetworkKind.ACCESS, 20712, "Andrews & Arnold Ltd"),
        ("::ffff:81.2.69.142", NetworkKind.ACCESS, 20712, "Andrews & Arnold Ltd"),
        ("74.6.128.1", NetworkKind.ACCESS, 36647, "Yahoo"),
        ("9.9.9.9", NetworkKind.UNKNOWN, None, None),
        ("127.0.0.1", NetworkKind.PRIVATE, None, None),
        ("10.1.2.3", NetworkKind.PRIVATE, None, None),
        ("100.64.0.1", NetworkKind.PRIVATE, None, None),
        ("::1", NetworkKind.PRIVATE, None, None),
        ("fe80::1%eth0", NetworkKind.PRIVATE, None, None),
        ("::ffff:192.168.1.1", NetworkKind.PRIVATE, None, None),
    ],
)
def test_each_source_tells_its_networks(
    networks: Networks, address: str, kind: NetworkKind, asn: int | None, operator: str | None
) -> None:
    assert networks.classify(address) == Network(kind, asn, operator)


def test_a_security_vendor_in_a_cloud_is_not_mere_hosting(networks: Networks) -> None:
    assert networks.classify("209.222.82.7") == Network(NetworkKind.SECURITY, 16509, "Barracuda")
    assert networks.classify("209.222.81.7") == Network(NetworkKind.HOSTING, None, "Amazon Web Services")


def test_without_files_the_built_in_blocks_still_answer(tmp_path: Path) -> None:
    bare = Networks(tmp_path / "missing.ranges")
    assert bare.classify("66.249.84.10").kind is NetworkKind.GOOGLE
    assert bare.classify("81.2.69.142") == Network()


def test_lists_that_appear_are_taken_up(tmp_path: Path) -> None:
    networks = Networks(tmp_path / "networks.ranges")
    builder = RangesBuilder()
    builder.add_network(ip_network("9.9.9.0/24"), ("hosting", "Nine"))
    builder.write(tmp_path / "networks.ranges", {})
    assert networks.refresh() is True
    assert networks.classify("9.9.9.9") == Network(NetworkKind.HOSTING, None, "Nine")


def test_no_autonomous_system_is_listed_twice() -> None:
    numbers = [n for named in operators.SYSTEMS.values() for group in named.values() for n in group]
    assert len(numbers) == len(set(numbers))


@given(st.text(max_size=80) | st.ip_addresses().map(str))
def test_any_text_has_a_network(text: str) -> None:
    assert isinstance(Networks().classify(text), Network)
