from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from core.enrich.places import Places
from core.enrich.sources import DB_IP_CREDIT, MAXMIND_CREDIT
from core.errors import SettingsError
from core.signal.evidence import Location
from tests.core.enrich.databases import (
    NESTED_BERLIN,
    write_flat,
    write_mmdb,
    write_nested,
    write_note,
    write_systems,
)

LONDON = Location("GB", "England", "London")
BERLIN = Location("DE", None, "Berlin")


@pytest.mark.parametrize("kind", ["GeoLite2-City", "DBIP-City-Lite", "GeoIP2-City"])
def test_nested_records_are_read(tmp_path: Path, kind: str) -> None:
    places = Places.open(write_nested(tmp_path / "any.mmdb", kind), None)
    assert places.locate("81.2.69.142") == LONDON
    assert places.locate("85.214.1.1") == BERLIN
    assert places.locate("2001:8b0::5") == LONDON
    assert places.locate("::ffff:81.2.69.142") == LONDON
    assert places.locate("9.9.9.9") is None
    assert places.locate("not an address") is None


def test_flat_records_are_read_from_the_file_of_each_family(tmp_path: Path) -> None:
    v4, _ = write_flat(tmp_path)
    places = Places.open(v4, None)
    assert places.locate("81.2.69.142") == LONDON
    assert places.locate("85.214.1.1") == BERLIN
    assert places.locate("2001:8b0::5") == LONDON
    assert places.locate("2a02::1") is None


def test_a_flat_file_of_one_family_alone_knows_nothing_of_the_other(tmp_path: Path) -> None:
    v4, v6 = write_flat(tmp_path)
    v6.unlink()
    assert Places.open(v4, None).locate("2001:8b0::5") is None


def test_a_database_of_countries_gives_countries(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "c.mmdb", "GeoLite2-Country", {"85.214.0.0/16": {"country": {"iso_code": "DE"}}})
    assert Places.open(path, None).locate("85.214.1.1") == Location("DE")


def test_autonomous_systems_are_read(tmp_path: Path) -> None:
    places = Places.open(None, write_systems(tmp_path / "asn.mmdb"))
    assert places.asn("66.249.84.1") == (15169, "Google LLC")
    assert places.asn("2001:8b0::1") == (20712, "Andrews & Arnold Ltd")
    assert places.asn("9.9.9.9") is None


def test_without_any_database_nothing_is_known(tmp_path: Path) -> None:
    places = Places.open(None, None, folder=tmp_path)
    assert places.locate("81.2.69.142") is None
    assert places.asn("81.2.69.142") is None
    assert places.credit() == []


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"\xab\xcd\xefMaxMind.com"])
def test_a_named_file_that_cannot_be_used_is_one_line_with_its_setting(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "city.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"^GEOIP_CITY_DB: .*city\.mmdb cannot be used: .+$") as caught:
        Places.open(path, None)
    assert "\n" not in str(caught.value)
    with pytest.raises(SettingsError, match=r"^GEOIP_ASN_DB: "):
        Places.open(None, path)


def test_databases_given_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    city, systems = write_nested(tmp_path / "city.mmdb"), write_systems(tmp_path / "asn.mmdb")
    with pytest.raises(SettingsError, match="not cities"):
        Places.open(systems, None)
    with pytest.raises(SettingsError, match="not autonomous systems"):
        Places.open(None, city)


def test_a_database_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_nested(tmp_path / "city.mmdb")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SettingsError):
        Places.open(path, None)


def test_a_broken_file_found_in_the_folder_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "city.mmdb").write_bytes(b"broken")
    with caplog.at_level(logging.WARNING):
        places = Places.open(None, None, folder=tmp_path)
    assert places.locate("81.2.69.142") is None
    assert "city.mmdb cannot be used" in caplog.text


def test_files_that_appear_change_or_go_are_noticed(tmp_path: Path) -> None:
    places = Places.open(None, None, folder=tmp_path)
    write_nested(tmp_path / "city.mmdb")
    assert places.refresh() is False, "a minute has not gone by"
    assert places.refresh(now=1e9) is True
    assert places.locate("81.2.69.142") == LONDON
    assert places.refresh(now=2e9) is False, "nothing changed"
    new = write_mmdb(tmp_path / "new", "DBIP-City-Lite", {"81.2.69.0/24": NESTED_BERLIN})
    os.replace(new, tmp_path / "city.mmdb")
    assert places.refresh(now=3e9) is True
    assert places.locate("81.2.69.142") == BERLIN
    (tmp_path / "city.mmdb").unlink()
    assert places.refresh(now=4e9) is True
    assert places.locate("81.2.69.142") is None


def test_a_file_that_breaks_later_leaves_the_old_answers(tmp_path: Path) -> None:
    write_nested(tmp_path / "city.mmdb")
    places = Places.open(None, None, folder=tmp_path)
    (tmp_path / "new").write_bytes(b"broken")
    os.replace(tmp_path / "new", tmp_path / "city.mmdb")
    assert places.refresh(now=1e9) is False
    assert places.locate("81.2.69.142") == LONDON


def test_credit_is_given_to_whom_the_file_names(tmp_path: Path) -> None:
    db_ip, maxmind = write_nested(tmp_path / "a.mmdb"), write_nested(tmp_path / "b.mmdb", "GeoLite2-City")
    assert Places.open(db_ip, None).credit() == [DB_IP_CREDIT]
    assert Places.open(maxmind, write_systems(tmp_path / "c.mmdb")).credit() == [MAXMIND_CREDIT, DB_IP_CREDIT]
    assert Places.open(write_flat(tmp_path)[0], None).credit() == [DB_IP_CREDIT]
    bought = write_nested(tmp_path / "d.mmdb", "GeoIP2-City")
    assert Places.open(bought, None).credit() == []


def test_a_note_beside_the_file_says_what_credit_is_due(tmp_path: Path) -> None:
    path = write_nested(tmp_path / "city.mmdb", "My-City")
    write_note(tmp_path / "city.json", ("Places by Somebody", "https://example.com"))
    assert Places.open(path, None).credit() == [("Places by Somebody", "https://example.com")]
    (tmp_path / "city.json").write_text("[broken")
    assert Places.open(path, None).credit() == []
