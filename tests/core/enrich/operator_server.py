"""A local server that publishes what the operators publish, in their layouts, for tests of `geoip update`."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from core.enrich.sources import Sources

ACCOUNT = ("123456", "a-licence-key")

APPLE = """172.224.224.0/27,GB,GB-EN,London,
172.224.224.32/31,GB,GB-EN,London,
2a02:26f7:b000::/64,DE,DE-BE,Berlin,
"""
GOOGLE = {
    "prefixes": [{"ipv4Prefix": "66.249.64.0/19"}, {"ipv4Prefix": "34.64.0.0/10"}, {"ipv6Prefix": "2001:4860::/32"}]
}
GOOGLE_CLOUD = {"prefixes": [{"ipv4Prefix": "34.64.0.0/10", "service": "Google Cloud", "scope": "europe-west1"}]}
AMAZON = {
    "prefixes": [{"ip_prefix": "209.222.80.0/21", "region": "us-east-1", "service": "EC2"}],
    "ipv6_prefixes": [{"ipv6_prefix": "2600:1f00::/24", "region": "us-east-1", "service": "EC2"}],
}
ORACLE = {"regions": [{"region": "eu-zurich-1", "cidrs": [{"cidr": "140.204.0.0/24", "tags": ["OCI"]}]}]}
VULTR = {"asn": 20473, "subnets": [{"ip_prefix": "45.32.0.0/16", "alpha2code": "US"}]}
SERVICE_TAGS = {
    "values": [
        {"name": "ActionGroup", "properties": {"addressPrefixes": ["4.145.74.52/30"]}},
        {"name": "AzureCloud", "properties": {"addressPrefixes": ["20.33.0.0/16", "2603:1000::/40"]}},
    ]
}


@dataclass
class Operators:
    """What the server answers, by path, and what it was asked. A path that is not there is a 404."""

    url: str
    bodies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def sources(self) -> Sources:
        """Return addresses on this server in place of the operators' own."""
        paths = {
            "dbip_url": "/free",
            "maxmind_url": "/geoip/databases",
            "apple_url": "/egress-ip-ranges.csv",
            "google_url": "/ipranges/goog.json",
            "google_cloud_url": "/ipranges/cloud.json",
            "microsoft_url": "/download/details.aspx?id=56519",
            "amazon_url": "/ip-ranges.json",
            "cloudflare_v4_url": "/ips-v4",
            "cloudflare_v6_url": "/ips-v6",
            "digitalocean_url": "/geo/google.csv",
            "linode_url": "/linode",
            "oracle_url": "/public_ip_ranges.json",
            "vultr_url": "/?json",
        }
        return Sources.from_values({name: self.url + path for name, path in paths.items()})

    def publish_lists(self) -> None:
        """Publish every operator's list."""
        self.bodies |= {
            "/egress-ip-ranges.csv": APPLE.encode(),
            "/ipranges/goog.json": json.dumps(GOOGLE).encode(),
            "/ipranges/cloud.json": json.dumps(GOOGLE_CLOUD).encode(),
            "/download/details.aspx?id=56519": f'<a href="{self.url}/x/ServiceTags_Public_20261116.json">'.encode(),
            "/x/ServiceTags_Public_20261116.json": json.dumps(SERVICE_TAGS).encode(),
            "/ip-ranges.json": json.dumps(AMAZON).encode(),
            "/ips-v4": b"173.245.48.0/20\n103.21.244.0/22",
            "/ips-v6": b"2400:cb00::/32\n",
            "/geo/google.csv": b"5.101.96.0/21,NL,NL-NH,Amsterdam,1098\n2400:6180::/48,SG,SG-01,Singapore,\n",
            "/linode": b"# Geofeed\n23.92.16.0/20,US,US-NJ,Cedar Knolls,\n",
            "/public_ip_ranges.json": json.dumps(ORACLE).encode(),
            "/?json": json.dumps(VULTR).encode(),
        }

    def publish_dbip(self, month: str, city: bytes, systems: bytes) -> None:
        """Publish DB-IP's editions of a month (`2026-11`)."""
        self.bodies[f"/free/dbip-city-lite-{month}.mmdb.gz"] = gzip.compress(city)
        self.bodies[f"/free/dbip-asn-lite-{month}.mmdb.gz"] = gzip.compress(systems)

    def publish_maxmind(self, edition: str, database: bytes, *, checksum: str | None = None) -> None:
        """Publish an edition of MaxMind's for `ACCOUNT`."""
        packed = pack_tar({f"{edition}_20261117/LICENSE.txt": b"", f"{edition}_20261117/{edition}.mmdb": database})
        digest = checksum or hashlib.sha256(packed).hexdigest()
        path = f"/geoip/databases/{edition}/download?suffix=tar.gz"
        self.bodies[path] = packed
        self.bodies[f"{path}.sha256"] = f"{digest}  {edition}_20261117.tar.gz\n".encode()


def pack_tar(files: dict[str, bytes]) -> bytes:
    """Return a `.tar.gz` of `files` by path."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@contextmanager
def serve_operators() -> Iterator[Operators]:
    """Run the server on a free port of loopback."""
    operators = Operators("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            operators.asked.append(self.path)
            body = operators.bodies.get(self.path)
            status = 200 if body is not None else 404
            if self.path.startswith("/geoip/") and not self._is_known():
                status, body = 401, None
            self.send_response(status)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def _is_known(self) -> bool:
            wanted = base64.b64encode(":".join(ACCOUNT).encode()).decode()
            return self.headers["Authorization"] == f"Basic {wanted}"

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    operators.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield operators
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_fake_npm(folder: Path, packages: dict[str, Path]) -> None:
    """Write an `npm` that behaves as `npm pack` does: it copies a package's archive into the current folder."""
    cases = "\n".join(f"  '{name}') cp '{path}' . && echo '{path.name}' ;;" for name, path in packages.items())
    script = f"""#!/bin/sh
case " $* " in *' --ignore-scripts '*) ;; *) echo 'npm error scripts would run' >&2; exit 1 ;; esac
[ "$1" = pack ] || {{ echo 'npm error unknown command' >&2; exit 1; }}
case "$2" in
{cases}
  *) echo 'npm error code E404' >&2; echo 'npm error 404 Not Found' >&2; exit 1 ;;
esac
"""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "npm").write_text(script)
    (folder / "npm").chmod(0o755)
