"""The settings of an installation, read from the environment once and checked.

Owns names, defaults and messages; does not open what they point to.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import SettingsError

NetworkAddress = ipaddress.IPv4Network | ipaddress.IPv6Network

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
GOOGLE_ISSUER = "https://accounts.google.com"
MICROSOFT_AUTHORITY = "https://login.microsoftonline.com"
MICROSOFT_GRAPH = "https://graph.microsoft.com"
TEMPORARY_MARK = "temporary"


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Whose word about the client's address counts. `cloudflare`: every peer in `networks` is Cloudflare."""

    networks: tuple[NetworkAddress, ...] = ()
    cloudflare: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Secrets never show in `repr`."""

    data_dir: Path
    port: int = DEFAULT_PORT
    public_url: str = f"http://127.0.0.1:{DEFAULT_PORT}"
    tracking_url: str = f"http://127.0.0.1:{DEFAULT_PORT}"
    secret_keys: str | None = field(default=None, repr=False)
    database_url: str = field(default="", repr=False)
    redis_url: str | None = field(default=None, repr=False)
    operator_name: str | None = None
    privacy_email: str | None = None
    trusted_proxies: TrustedProxies = TrustedProxies()
    metrics_token: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    google_client_id: str | None = None
    google_client_secret: str | None = field(default=None, repr=False)
    google_issuer_url: str = GOOGLE_ISSUER
    # None: each of Google's APIs at its own address.
    google_api_url: str | None = None
    microsoft_client_id: str | None = None
    microsoft_client_secret: str | None = field(default=None, repr=False)
    microsoft_tenant: str = "common"
    microsoft_authority_url: str = MICROSOFT_AUTHORITY
    microsoft_graph_url: str = MICROSOFT_GRAPH
    # The public URL is a tunnel's that ends with this run (`up --tunnel`).
    has_temporary_url: bool = False
    # Whom a tunnel's requests come from, in the words of MAILERPLEX_TRUSTED_PROXIES.
    tunnel_proxies: str | None = None
    geoip_city_db: Path | None = None
    geoip_asn_db: Path | None = None
    maxmind_account_id: str | None = None
    maxmind_licence_key: str | None = field(default=None, repr=False)
    spool_limit_bytes: int = 1 << 30
    log_level: str = "info"

    @property
    def spool_dir(self) -> Path:
        """Where the edge appends hits."""
        return self.data_dir / "spool"

    @property
    def has_default_database(self) -> bool:
        """Say whether the database is the embedded SQLite of the data folder."""
        return self.database_url == _sqlite_url(self.data_dir)

    @property
    def public_host(self) -> str:
        """The host name of the public URL, without its port."""
        return urlsplit(self.public_url).hostname or ""


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    data_dir: Path | None = None,
    port: int | None = None,
    starting: bool = False,
) -> Settings:
    """Read the settings; `data_dir` and `port` given on the command line win.

    Where no public URL is set, it is the one that the running installation noted in its data folder; `starting` says
    that this process decides it, so a note left by an earlier run is not read.
    Raises SettingsError, whose text names the setting.
    """
    reader = _Reader(os.environ if environ is None else environ)
    folder = (data_dir or reader.path("MAILERPLEX_DATA_DIR") or CHECKOUT / "data").expanduser().absolute()
    chosen_port = port if port is not None else reader.port("PORT", DEFAULT_PORT)
    noted_url, is_temporary = (None, False) if starting else _read_noted_url(folder)
    public_url = reader.base_url("MAILERPLEX_PUBLIC_URL") or noted_url or f"http://127.0.0.1:{chosen_port}"
    tracking_url = reader.base_url("MAILERPLEX_TRACKING_URL") or public_url
    return Settings(
        data_dir=folder,
        port=chosen_port,
        public_url=public_url,
        tracking_url=tracking_url,
        has_temporary_url=is_temporary and tracking_url == noted_url,
        secret_keys=reader.secret("MAILERPLEX_SECRET_KEYS"),
        database_url=reader.database_url("DATABASE_URL") or _sqlite_url(folder),
        redis_url=reader.redis_url("REDIS_URL"),
        operator_name=reader.text("MAILERPLEX_OPERATOR_NAME"),
        privacy_email=reader.email("MAILERPLEX_PRIVACY_EMAIL"),
        trusted_proxies=reader.proxies("MAILERPLEX_TRUSTED_PROXIES"),
        metrics_token=reader.secret("MAILERPLEX_METRICS_TOKEN"),
        smtp_url=reader.smtp_url("SMTP_URL"),
        google_client_id=reader.client_id("GOOGLE"),
        google_client_secret=reader.secret("GOOGLE_CLIENT_SECRET"),
        google_issuer_url=reader.safe_url("GOOGLE_ISSUER_URL") or GOOGLE_ISSUER,
        google_api_url=reader.safe_url("GOOGLE_API_URL"),
        microsoft_client_id=reader.client_id("MICROSOFT"),
        microsoft_client_secret=reader.secret("MICROSOFT_CLIENT_SECRET"),
        microsoft_tenant=reader.tenant("MICROSOFT_TENANT", "common"),
        microsoft_authority_url=reader.https_url("MICROSOFT_AUTHORITY_URL") or MICROSOFT_AUTHORITY,
        microsoft_graph_url=reader.safe_url("MICROSOFT_GRAPH_URL") or MICROSOFT_GRAPH,
        geoip_city_db=reader.path("GEOIP_CITY_DB"),
        geoip_asn_db=reader.path("GEOIP_ASN_DB"),
        maxmind_account_id=reader.text("MAXMIND_ACCOUNT_ID"),
        maxmind_licence_key=reader.secret("MAXMIND_LICENSE_KEY"),
        spool_limit_bytes=reader.integer("MAILERPLEX_SPOOL_LIMIT_BYTES", 1 << 30, least=1 << 20),
        log_level=reader.choice("MAILERPLEX_LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
    )


def public_url_note(data_dir: Path) -> Path:
    """Name the file in which a running installation notes the public URL that nobody set."""
    return data_dir / "run" / "public_url"


def write_noted_url(settings: Settings) -> None:
    """Note the public URL, on a second line that it is temporary, all at once: others may be reading."""
    note = public_url_note(settings.data_dir)
    fresh = note.with_suffix(".new")
    mark = f"{TEMPORARY_MARK}\n" if settings.has_temporary_url else ""
    fresh.write_text(f"{settings.public_url}\n{mark}", encoding="ascii")
    fresh.replace(note)


def _read_noted_url(folder: Path) -> tuple[str | None, bool]:
    """Return the public URL that was noted, and whether it is temporary."""
    try:
        url, *marks = public_url_note(folder).read_text(encoding="ascii").split()
        return _parse_base_url("the noted public URL", url), TEMPORARY_MARK in marks
    except (OSError, ValueError, SettingsError):
        return None, False


def _sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'mailerplex.sqlite3'}"


def _parse_base_url(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or 0 < parts.port < 65536
    except ValueError as error:
        raise SettingsError(f"{name}: {value!r} is not a URL: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise SettingsError(f"{name}: {value!r} is not an http or https URL such as https://track.example.com.")
    # What remains of a URL that is more than scheme and host.
    if parts.path.strip("/") or any(character in value for character in "?#@\\ ") or not value.isascii():
        raise SettingsError(f"{name}: {value!r} must be only scheme and host, such as https://track.example.com.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_text(value: str) -> bool:
    """Say whether a value of the environment was UTF-8; bytes that are not come as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


class _Reader:
    """Reads one setting at a time and says what is wrong in its name."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str) -> str | None:
        value = self.environ.get(name, "").strip()
        if not _is_text(value):
            raise SettingsError(f"{name}: is not UTF-8 text.")
        return value or None

    def secret(self, name: str) -> str | None:
        path = self.text(f"{name}_FILE")
        if path is None:
            return self.text(name)
        if self.text(name) is not None:
            raise SettingsError(f"{name} and {name}_FILE are both set; keep one of them.")
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE: cannot read {path}: {error}.") from error

    def path(self, name: str) -> Path | None:
        value = self.text(name)
        return Path(value).expanduser().absolute() if value else None

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 1 << 62) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 19 or not least <= int(value) <= most:
            raise SettingsError(f"{name}: {value!r} is not a whole number from {least} to {most}.")
        return int(value)

    def port(self, name: str, default: int) -> int:
        return self.integer(name, default, least=1, most=65535)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = (self.text(name) or default).lower()
        if value not in choices:
            raise SettingsError(f"{name}: {value!r} is none of {', '.join(choices)}.")
        return value

    def email(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and (value.count("@") != 1 or value[0] == "@" or value[-1] == "@" or " " in value):
            raise SettingsError(f"{name}: {value!r} is not an e-mail address.")
        return value

    def base_url(self, name: str) -> str | None:
        value = self.text(name)
        return None if value is None else _parse_base_url(name, value)

    def https_url(self, name: str) -> str | None:
        value = self.base_url(name)
        if value is not None and not value.startswith("https://"):
            raise SettingsError(f"{name}: must begin with https://.")
        return value

    def safe_url(self, name: str) -> str | None:
        """Read an https URL, or a loopback http one, where nobody listens in."""
        value = self.base_url(name)
        if value is not None and value.startswith("http://") and not _is_loopback(urlsplit(value).hostname or ""):
            raise SettingsError(f"{name}: must begin with https://, except on a loopback address.")
        return value

    def client_id(self, provider: str) -> str | None:
        """Read a provider's client id, which is of no use without its secret."""
        name, secret_name = f"{provider}_CLIENT_ID", f"{provider}_CLIENT_SECRET"
        value = self.text(name)
        if (value is None) != (self.secret(secret_name) is None):
            raise SettingsError(
                f"{secret_name if value else name} is not set, but {name if value else secret_name} is."
            )
        return value

    def tenant(self, name: str, default: str) -> str:
        value = (self.text(name) or default).lower()
        if not value.isascii() or not value.replace("-", "").replace(".", "").isalnum():
            raise SettingsError(f"{name}: {value!r} is no tenant id, domain, common, organizations or consumers.")
        return value

    def _url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.secret(name)
        if value is None:
            return None
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise SettingsError(f"{name}: must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
        return value

    def _server_url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self._url(name, schemes)
        try:
            _ = urlsplit(value or "").port
        except ValueError as error:
            # Such URLs hold passwords, so the value is not shown.
            raise SettingsError(f"{name}: is not a URL with a port from 0 to 65535.") from error
        return value

    def redis_url(self, name: str) -> str | None:
        value = self._server_url(name, ("redis", "rediss", "unix"))
        if value and value.startswith("unix:") and not urlsplit(value).path.strip("/"):
            raise SettingsError(f"{name}: names no socket, such as unix:///run/redis/redis.sock.")
        return value

    def smtp_url(self, name: str) -> str | None:
        value = self._server_url(name, ("smtp", "smtps"))
        if value and not urlsplit(value).hostname:
            raise SettingsError(f"{name}: names no host, such as smtp://user:secret@mail.example.com:587.")
        return value

    def database_url(self, name: str) -> str | None:
        value = self._url(name, ("postgresql", "postgres", "postgresql+psycopg", "sqlite"))
        if value and value.startswith("sqlite:") and not value.startswith("sqlite:////"):
            raise SettingsError(f"{name}: give SQLite's file with its whole path: sqlite:////folder/name.sqlite3.")
        if value is None or value.startswith(("sqlite", "postgresql+psycopg")):
            return value
        return "postgresql+psycopg://" + value.split("://", 1)[1]

    def proxies(self, name: str) -> TrustedProxies:
        networks: list[NetworkAddress] = []
        cloudflare = False
        for word in (self.text(name) or "").replace(",", " ").split():
            if word.lower() == "cloudflare":
                cloudflare = True
                continue
            try:
                networks.append(ipaddress.ip_network(word, strict=False))
            except ValueError as error:
                raise SettingsError(
                    f"{name}: {word!r} is neither an address, a network such as 10.0.0.0/8, nor 'cloudflare'."
                ) from error
        return TrustedProxies(tuple(networks), cloudflare)
