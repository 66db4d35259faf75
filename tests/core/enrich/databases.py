"""Small databases of places and systems, in the layouts that operators ship."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

NESTED_LONDON = {
    "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
    "subdivisions": [{"names": {"en": "England"}}],
    "city": {"names": {"de": "London", "en": "London"}},
}
NESTED_BERLIN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "city": {"names": {"en": "Berlin"}},
}
FLAT_LONDON = {"city": "London", "country_code": "GB", "state1": "England", "state2": "", "latitude": 51.5}
FLAT_BERLIN = {"city": "Berlin", "country_code": "DE", "state1": "", "state2": ""}

SYSTEMS = {
    "81.2.69.0/24": (20712, "Andrews & Arnold Ltd"),
    "85.214.0.0/16": (6724, "Strato GmbH"),
    "66.249.64.0/19": (15169, "Google LLC"),
    "209.222.82.0/24": (16509, "Amazon.com, Inc."),
    "67.231.144.0/24": (22843, "Proofpoint, Inc."),
    "165.225.0.0/17": (22616, "ZSCALER, INC."),
    "5.9.0.0/16": (24940, "Hetzner Online GmbH"),
    "74.6.128.0/21": (36647, "Oath Holdings Inc."),
    "40.92.0.0/15": (8075, "Microsoft Corporation"),
    "172.224.224.0/20": (36183, "Akamai Technologies, Inc."),
    "2001:8b0::/32": (20712, "Andrews & Arnold Ltd"),
}


def write_mmdb(path: Path, kind: str, records: Mapping[str, Any], *, ip_version: int = 6, about: str = "") -> Path:
    """Write a database of `records` by CIDR, of the type `kind`."""
    writer = MMDBWriter(ip_version, kind, ["en"], about, ipv4_compatible=ip_version == 6, float_type="f64")
    for cidr, record in records.items():
        writer.insert_network(IPSet([cidr]), record)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.to_db_file(str(path))
    return path


def write_nested(path: Path, kind: str = "DBIP-City-Lite") -> Path:
    """Write a database of places as MaxMind and DB-IP ship it: one file, nested records."""
    return write_mmdb(path, kind, {"81.2.69.0/24": NESTED_LONDON, "85.214.0.0/16": NESTED_BERLIN} | NESTED_V6)


NESTED_V6 = {"2001:8b0::/32": NESTED_LONDON}


def write_flat(folder: Path, stem: str = "dbip-city") -> tuple[Path, Path]:
    """Write the two files that the npm package holds."""
    v4 = {"81.2.69.0/24": FLAT_LONDON, "85.214.0.0/16": FLAT_BERLIN, "5.9.0.0/16": FLAT_BERLIN}
    v6 = {"2001:8b0::/32": FLAT_LONDON, "2001:4860::/32": FLAT_BERLIN}
    return (
        write_mmdb(folder / f"{stem}-ipv4.mmdb", "city ipv4", v4, ip_version=4),
        write_mmdb(folder / f"{stem}-ipv6.mmdb", "city ipv6", v6),
    )


def write_systems(path: Path, kind: str = "DBIP-ASN-Lite (compat=GeoLite2-ASN)") -> Path:
    """Write a database of autonomous systems with MaxMind's field names."""
    names = ("autonomous_system_number", "autonomous_system_organization")
    return write_mmdb(path, kind, {cidr: dict(zip(names, system, strict=True)) for cidr, system in SYSTEMS.items()})


def write_note(path: Path, *credit: tuple[str, str]) -> None:
    """Write a note on a database's source, as `geoip update` leaves it beside the file."""
    path.write_text(json.dumps({"credits": [{"text": text, "url": url} for text, url in credit]}))
