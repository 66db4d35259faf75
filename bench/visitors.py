"""Who visits: thousands of user agents and addresses, and databases of places that know the addresses."""

from __future__ import annotations

import random
from ipaddress import IPv4Address
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
_SYSTEMS = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
_NETWORKS = 6000
_FIRST_NETWORK = int(IPv4Address("81.0.0.0"))


def make_agents(count: int) -> list[str]:
    """Make different user agents of browsers on desktops and phones."""
    agents = []
    for number in range(count):
        system = _SYSTEMS[number % 3] if number % 4 else f"Linux; Android {9 + number % 7}; SM-G{900 + number % 90}"
        version = f"Chrome/{100 + number % 45}.0.{number}.{number % 200}"
        agents.append(f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {version} Safari/537.36")
    return agents


def make_address(chance: random.Random) -> str:
    """Draw an address of one of the known networks."""
    return str(IPv4Address(_FIRST_NETWORK + (chance.randrange(_NETWORKS) << 8) + chance.randrange(1, 255)))


def make_google_address(chance: random.Random) -> str:
    """Draw an address of Gmail's image proxy."""
    return f"66.249.84.{chance.randrange(1, 255)}"


def write_databases(folder: Path) -> None:
    """Write a database of cities and one of autonomous systems, in MaxMind's layout, that know all these networks."""
    folder.mkdir(parents=True, exist_ok=True)
    cities = MMDBWriter(6, "GeoLite2-City", ["en"], "benchmark", ipv4_compatible=True, float_type="f64")
    systems = MMDBWriter(6, "GeoLite2-ASN", ["en"], "benchmark", ipv4_compatible=True)
    for number in range(_NETWORKS):
        network = IPSet([f"{IPv4Address(_FIRST_NETWORK + (number << 8))}/24"])
        cities.insert_network(network, _city(number))
        systems.insert_network(network, _system(3000 + number // 8, f"Provider {number // 8}"))
    systems.insert_network(IPSet(["66.249.64.0/19"]), _system(15169, "Google LLC"))
    cities.to_db_file(str(folder / "city.mmdb"))
    systems.to_db_file(str(folder / "asn.mmdb"))


def _city(number: int) -> dict[str, object]:
    return {
        "country": {"iso_code": ("DE", "FR", "GB", "US")[number % 4], "names": {"en": "Country"}},
        "subdivisions": [{"names": {"en": f"Region {number // 40}"}}],
        "city": {"names": {"en": f"City {number}"}},
        "location": {"latitude": number / 100, "longitude": number / 200},
    }


def _system(number: int, name: str) -> dict[str, object]:
    return {"autonomous_system_number": number, "autonomous_system_organization": name}
