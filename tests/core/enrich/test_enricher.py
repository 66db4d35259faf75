from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enrich.enricher import Enriched, Enricher
from core.enrich.ranges_builder import RangesBuilder
from core.errors import SettingsError
from core.signal.evidence import Client, Location, Network, NetworkKind
from tests.core.enrich.databases import write_flat, write_mmdb, write_nested, write_systems

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
LONDON = Location("GB", "England", "London")
CHROME_ON_WINDOWS = Client("Chrome", "Windows 10", "PC")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `geoip update` leaves it."""
    folder = tmp_path_factory.mktemp("data")
    write_nested(folder / "geo" / "city.mmdb")
    write_systems(folder / "geo" / "asn.mmdb")
    (folder / "networks").mkdir()
    builder = RangesBuilder()
    builder.add_network(ip_network("172.224.224.0/27"), ("apple_relay", "Apple"))
    builder.write(folder / "networks" / "networks.ranges", {"built_at": datetime.now(UTC).timestamp()})
    return folder


def test_a_reader_at_home_has_a_place(data_dir: Path) -> None:
    found = Enricher(data_dir).describe("81.2.69.142", CHROME)
    assert found == Enriched(Network(NetworkKind.ACCESS, 20712, "Andrews & Arnold Ltd"), CHROME_ON_WINDOWS, LONDON)


@pytest.mark.parametrize("address", ["66.249.84.1", "172.224.224.1", "67.231.144.1", "165.225.0.1", "5.9.1.1"])
def test_a_proxy_s_place_is_never_shown(tmp_path: Path, data_dir: Path, address: str) -> None:
    builder = RangesBuilder()
    builder.add_network(ip_network("172.224.224.0/27"), ("apple_relay", "Apple"))
    (tmp_path / "networks").mkdir()
    builder.write(tmp_path / "networks" / "networks.ranges", {})
    city, _ = write_flat(tmp_path)  # it places 5.9.0.0/16
    enricher = Enricher(tmp_path, city, data_dir / "geo" / "asn.mmdb")
    found = enricher.describe(address, CHROME)
    assert found.network.kind not in (NetworkKind.ACCESS, NetworkKind.UNKNOWN)
    assert found.location is None


def test_a_mail_proxy_s_user_agent_takes_the_place_away(data_dir: Path) -> None:
    enricher = Enricher(data_dir)
    found = enricher.describe("81.2.69.142", GMAIL)
    assert (found.client, found.location) == (Client("Gmail"), None)
    assert enricher.describe("81.2.69.142", CHROME).location == LONDON


def test_yahoo_s_addresses_are_its_proxy_s_only_with_its_user_agent(data_dir: Path) -> None:
    enricher = Enricher(data_dir)
    assert enricher.describe("74.6.128.1", YAHOO).network == Network(NetworkKind.MAIL_PROXY, 36647, "Yahoo")
    assert enricher.describe("74.6.128.1", CHROME).network.kind is NetworkKind.ACCESS
    assert enricher.describe("81.2.69.142", YAHOO).network.kind is NetworkKind.ACCESS


def test_apple_s_prefetcher_has_no_place_where_no_list_knows_its_network(tmp_path: Path) -> None:
    write_nested(tmp_path / "geo" / "city.mmdb")
    enricher = Enricher(tmp_path)
    assert enricher.describe("81.2.69.142", CHROME).location == LONDON
    assert enricher.describe("81.2.69.142", "Mozilla/5.0").location is None


def test_without_databases_the_place_is_unknown_and_the_status_says_how_to_get_one(tmp_path: Path) -> None:
    enricher = Enricher(tmp_path)
    assert enricher.describe("81.2.69.142", CHROME) == Enriched(Network(), CHROME_ON_WINDOWS, None)
    status = enricher.status()
    assert len(status.warnings) == 3
    assert all("mailerplex geoip update" in warning for warning in status.warnings)


def test_the_status_tells_what_is_loaded_and_when_it_grows_old(data_dir: Path) -> None:
    enricher = Enricher(data_dir)
    status = enricher.status()
    assert status.warnings == ()
    assert [c.type for c in status.cities] == ["DBIP-City-Lite"]
    assert [s.path.name for s in status.systems] == ["asn.mmdb"]
    assert status.networks > 0
    later = enricher.status(now=datetime.now(UTC) + timedelta(days=100))
    assert len(later.warnings) == 3
    assert "100 days old" in later.warnings[0]


def test_an_old_database_just_fetched_is_the_newest_to_be_had(tmp_path: Path) -> None:
    write_nested(tmp_path / "geo" / "city.mmdb")
    later = datetime.now(UTC) + timedelta(days=100)
    note = {"fetched_at": (later - timedelta(days=3)).isoformat()}
    (tmp_path / "geo" / "city.json").write_text(json.dumps(note))
    enricher = Enricher(tmp_path)
    assert not [w for w in enricher.status(now=later).warnings if "days old" in w]
    assert [w for w in enricher.status(now=later + timedelta(days=40)).warnings if "140 days old" in w]


def test_settings_that_name_a_missing_file_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GEOIP_CITY_DB"):
        Enricher(tmp_path, str(tmp_path / "missing.mmdb"))
    with pytest.raises(SettingsError, match="GEOIP_ASN_DB"):
        Enricher(tmp_path, None, str(tmp_path / "missing.mmdb"))


def test_new_databases_are_taken_up_and_old_answers_forgotten(tmp_path: Path) -> None:
    enricher = Enricher(tmp_path)
    assert enricher.describe("81.2.69.142", CHROME).location is None
    write_nested(tmp_path / "geo" / "city.mmdb")
    assert enricher.refresh() is False
    assert enricher.refresh(now=1e9) is True
    assert enricher.describe("81.2.69.142", CHROME).location == LONDON


@pytest.mark.parametrize("address", [None, "", "unknown", "81.2.69", "1.2.3.4:80", "\0", "::1::", "9" * 100_000])
def test_what_is_no_address_is_an_unknown_network(data_dir: Path, address: str | None) -> None:
    assert Enricher(data_dir).describe(address, CHROME) == Enriched(Network(), CHROME_ON_WINDOWS, None)


@given(st.none() | st.text() | st.ip_addresses().map(str), st.text())
def test_nothing_handed_in_raises(data_dir: Path, address: str | None, user_agent: str) -> None:
    assert isinstance(Enricher(data_dir).describe(address, user_agent), Enriched)


@given(st.lists(st.tuples(st.sampled_from([68, 69, 70]), st.integers(0, 255)), min_size=1, max_size=12))
def test_addresses_of_one_block_are_told_apart_where_the_files_do(
    split: Enricher, visits: list[tuple[int, int]]
) -> None:
    for third, last in visits:
        found = split.describe(f"81.2.{third}.{last}", CHROME)
        fresh = Enricher(Path("nowhere"))
        fresh.places, fresh.networks = split.places, split.networks
        assert (found.network, found.location) == fresh._look_up(f"81.2.{third}.{last}")
    assert split.describe("81.2.69.130", CHROME).location == LONDON
    assert split.describe("81.2.69.2", CHROME).location is None


@pytest.mark.parametrize(
    "address", ["81.2.69.", "81.2.69.256", "81.2.69.01", "81.2.69", "81.2.69.x", "..", ".1", "81.2.69.²"]
)
def test_what_only_looks_like_an_address_of_a_known_block_has_no_place(split: Enricher, address: str) -> None:
    assert split.describe("81.2.68.1", CHROME).network.asn == 20712
    assert split.describe(address, CHROME).network == Network()


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Enricher:
    """Databases that tell the halves of one /24 apart, and not those of its neighbours."""
    folder = tmp_path_factory.mktemp("split")
    place = {
        "country": {"iso_code": "GB"},
        "subdivisions": [{"names": {"en": "England"}}],
        "city": {"names": {"en": "London"}},
    }
    write_mmdb(folder / "geo" / "city.mmdb", "GeoLite2-City", {"81.2.69.128/25": place, "81.2.68.0/24": place})
    system = {"autonomous_system_number": 20712, "autonomous_system_organization": "Andrews & Arnold Ltd"}
    write_mmdb(folder / "geo" / "asn.mmdb", "GeoLite2-ASN", {"81.2.68.0/23": system})
    (folder / "networks").mkdir()
    builder = RangesBuilder()
    builder.add_network(ip_network("81.2.70.64/26"), ("security", "Proofpoint"))
    builder.write(folder / "networks" / "networks.ranges", {"built_at": datetime.now(UTC).timestamp()})
    return Enricher(folder)
