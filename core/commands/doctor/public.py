"""Checks of the public URL as recipients use it: a pixel and a link are fetched through it."""

from __future__ import annotations

from collections.abc import Iterator

import requests

from core.commands.doctor.finding import Finding, Level, fail, ok, warn
from core.errors import SettingsError
from core.keys import key_file, load_keys
from core.links import build_link, build_pixel_url
from core.reach import is_private
from core.settings import Settings
from core.tokens import TokenSigner

_TIMEOUT_SECONDS = 10
# No copy has this id, so what is fetched with it is dropped, whoever answers.
_NO_COPY = 0
_GIF = b"GIF89a"


def check_url(settings: Settings) -> Iterator[Finding]:
    """Fetch a probe pixel, and a link that only an installation with these keys redirects."""
    url = settings.tracking_url
    if settings.secret_keys is None and not key_file(settings).exists():
        yield warn("public URL", f"{url} was not tried: there are no keys yet")
        return
    try:
        signer = TokenSigner(load_keys(settings))
    except SettingsError:
        return  # said by the check of the keys
    try:
        with requests.Session() as http:
            problem = _try_pixel(http, build_pixel_url(url, signer, _NO_COPY)) or _try_link(http, url, signer)
    except requests.RequestException as error:
        problem = f"nothing answers ({_name(error)}): start `mailerplex up`, or mend DNS, proxy or firewall"
    if problem:
        yield fail("public URL", f"{url}: {problem}")
        return
    yield ok("public URL", f"{url}: pixel and link answer")
    yield from _look_at_url(settings)


def _try_pixel(http: requests.Session, address: str) -> str | None:
    answer = http.get(address, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    if answer.status_code != requests.codes.ok or not answer.content.startswith(_GIF):
        return f"the pixel is answered with {answer.status_code}: another program serves this address; mend the proxy"
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        return "a proxy changes Cache-Control, so repeated opens would be missed: let it pass headers through"
    return None


def _try_link(http: requests.Session, url: str, signer: TokenSigner) -> str | None:
    destination = f"{url}/healthz".encode("ascii")
    answer = http.get(
        build_link(url, signer, _NO_COPY, 0, destination), timeout=_TIMEOUT_SECONDS, allow_redirects=False
    )
    if answer.status_code == requests.codes.found and answer.headers.get("Location") == destination.decode():
        return None
    return f"a link is answered with {answer.status_code}: another installation, with other keys, serves this address"


def _look_at_url(settings: Settings) -> Iterator[Finding]:
    url = settings.tracking_url
    if is_private(url):
        yield warn("public URL", f"recipients elsewhere cannot reach {url}: set MAILERPLEX_PUBLIC_URL to one they can")
        return
    if url.startswith("http://"):
        yield warn(
            "public URL", f"{url} is not https: some mail programs show no such picture; put a TLS proxy in front"
        )
    elif not settings.trusted_proxies.networks and not settings.trusted_proxies.cloudflare:
        yield warn(
            "proxies",
            "https needs a proxy in front, but MAILERPLEX_TRUSTED_PROXIES is not set:"
            " every hit would carry the proxy's address; set it to the proxy's",
        )
    if settings.privacy_email is None:
        yield warn("privacy", "set MAILERPLEX_PRIVACY_EMAIL, so that recipients can ask somebody")


def check_running(settings: Settings) -> Iterator[Finding]:
    """Ask the running web for the parts that only it sees, such as the workers."""
    try:
        answer = requests.get(f"{settings.public_url}/readyz", timeout=_TIMEOUT_SECONDS)
        parts = answer.json()["parts"]
        found = [
            Finding(Level(part["status"]), "running", f"{name}: {part['detail'] or 'well'}")
            for name, part in parts.items()
        ]
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError):
        yield warn("running", f"{settings.public_url}/readyz does not tell: is the web running?")
        return
    if all(finding.level is Level.OK for finding in found):
        yield ok("running", f"{', '.join(parts)}: all well")
    yield from (finding for finding in found if finding.level is not Level.OK)


def _name(error: requests.RequestException) -> str:
    """Name an error without its text, which repeats the probe's address."""
    return type(error).__name__
