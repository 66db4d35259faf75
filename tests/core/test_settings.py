"""Tests of `core.settings`."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import CHECKOUT, load_settings, public_url_note

WRONG = [
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "eighty"),
    ("PORT", "-1"),
    ("PORT", "٨٠"),
    ("PORT", "9" * 5000),
    ("MAILERPLEX_PUBLIC_URL", "track.example.com"),
    ("MAILERPLEX_PUBLIC_URL", "ftp://track.example.com"),
    ("MAILERPLEX_PUBLIC_URL", "https://track.example.com/mail"),
    ("MAILERPLEX_PUBLIC_URL", "https://track.example.com?"),
    ("MAILERPLEX_PUBLIC_URL", "https://ann:secret@track.example.com"),
    ("MAILERPLEX_PUBLIC_URL", "https://"),
    ("MAILERPLEX_PUBLIC_URL", "https://track.example.com:99999"),
    ("MAILERPLEX_PUBLIC_URL", "https://[::1"),
    ("MAILERPLEX_PUBLIC_URL", "https://bücher.example"),
    ("MAILERPLEX_TRACKING_URL", "//track.example.com"),
    ("MAILERPLEX_PRIVACY_EMAIL", "nobody"),
    ("MAILERPLEX_PRIVACY_EMAIL", "@example.com"),
    ("MAILERPLEX_TRUSTED_PROXIES", "10.0.0.0/8, proxy.local"),
    ("MAILERPLEX_TRUSTED_PROXIES", "10.0.0.0/64"),
    ("MAILERPLEX_SPOOL_LIMIT_BYTES", "1G"),
    ("MAILERPLEX_SPOOL_LIMIT_BYTES", "1"),
    ("MAILERPLEX_LOG_LEVEL", "loud"),
    ("MAILERPLEX_OPERATOR_NAME", "M\udcfcller"),
    ("DATABASE_URL", "mysql://localhost/mail"),
    ("DATABASE_URL", "sqlite"),
    ("DATABASE_URL", "sqlite:///relative.sqlite3"),
    ("DATABASE_URL", "sqlite://"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "redis"),
    ("REDIS_URL", "redis://localhost:port/0"),
    ("REDIS_URL", "unix://"),
    ("SMTP_URL", "mail.example.com"),
    ("SMTP_URL", "smtp://"),
    ("SMTP_URL", "smtp://mail.example.com:smtp"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_gives_one_line_that_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({name: value})
    text = str(raised.value)
    assert text.startswith(f"{name}: ")
    assert "\n" not in text


@pytest.mark.parametrize("name", ["REDIS_URL", "SMTP_URL", "DATABASE_URL"])
def test_a_wrong_url_with_a_password_is_not_shown(name: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({name: "http://ann:hunter2@example.com:x"})
    assert "hunter2" not in str(raised.value)


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "MAILERPLEX_SECRET_KEYS": "hunter2-keys",
            "DATABASE_URL": "postgresql://ann:hunter2@db/mail",
            "REDIS_URL": "redis://:hunter2@redis",
            "SMTP_URL": "smtp://ann:hunter2@mail",
            "MAXMIND_LICENSE_KEY": "hunter2",
        },
        data_dir=tmp_path,
    )
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    "name", ["MAILERPLEX_SECRET_KEYS", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "MAXMIND_LICENSE_KEY"]
)
def test_each_secret_can_come_from_a_file(name: str, tmp_path: Path) -> None:
    values = {
        "MAILERPLEX_SECRET_KEYS": "key",
        "DATABASE_URL": "postgresql+psycopg://db/mail",
        "REDIS_URL": "redis://redis",
        "SMTP_URL": "smtp://mail",
        "MAXMIND_LICENSE_KEY": "licence",
    }
    path = tmp_path / "secret"
    path.write_text(f"{values[name]}\n")
    settings = load_settings({f"{name}_FILE": str(path)})
    assert values[name] in {
        settings.secret_keys,
        settings.database_url,
        settings.redis_url,
        settings.smtp_url,
        settings.maxmind_licence_key,
    }


def test_a_secret_set_twice_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("redis://a")
    with pytest.raises(SettingsError, match="REDIS_URL and REDIS_URL_FILE are both set"):
        load_settings({"REDIS_URL": "redis://b", "REDIS_URL_FILE": str(path)})


def test_a_secret_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SMTP_URL_FILE: cannot read"):
        load_settings({"SMTP_URL_FILE": str(tmp_path / "missing")})


def test_nothing_set_gives_the_embedded_default_in_the_checkout() -> None:
    settings = load_settings({}, starting=True)
    assert settings.data_dir == CHECKOUT / "data"
    assert settings.has_default_database
    assert settings.redis_url is None
    assert settings.public_url == settings.tracking_url == "http://127.0.0.1:8000"


def test_the_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    settings = load_settings({"PORT": "9000", "MAILERPLEX_DATA_DIR": "/nowhere"}, data_dir=tmp_path, port=9001)
    assert (settings.data_dir, settings.port) == (tmp_path, 9001)
    assert settings.public_url == "http://127.0.0.1:9001"


def test_a_public_url_is_tidied_and_is_the_tracking_url_unless_one_is_set() -> None:
    settings = load_settings({"MAILERPLEX_PUBLIC_URL": " https://Track.Example.com/ "})
    assert settings.public_url == settings.tracking_url == "https://track.example.com"
    settings = load_settings(
        {"MAILERPLEX_PUBLIC_URL": "http://[::1]:80", "MAILERPLEX_TRACKING_URL": "https://t.example"}
    )
    assert (settings.public_url, settings.tracking_url) == ("http://[::1]:80", "https://t.example")


def test_commands_follow_the_public_url_that_a_running_installation_noted(tmp_path: Path) -> None:
    note = public_url_note(tmp_path)
    note.parent.mkdir()
    note.write_text("http://127.0.0.1:8123\n")
    assert load_settings({}, data_dir=tmp_path).tracking_url == "http://127.0.0.1:8123"
    assert load_settings({}, data_dir=tmp_path, starting=True).public_url == "http://127.0.0.1:8000"
    assert (
        load_settings({"MAILERPLEX_PUBLIC_URL": "https://t.example"}, data_dir=tmp_path).public_url
        == "https://t.example"
    )


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"http://127.0.0.1:8000\nhttp://evil.example"])
def test_a_note_that_is_no_url_is_not_followed(content: bytes, tmp_path: Path) -> None:
    note = public_url_note(tmp_path)
    note.parent.mkdir()
    note.write_bytes(content)
    assert load_settings({}, data_dir=tmp_path).public_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_the_driver_that_is_installed(scheme: str) -> None:
    assert load_settings({"DATABASE_URL": f"{scheme}://db/mail"}).database_url == "postgresql+psycopg://db/mail"


def test_trusted_proxies_are_networks_and_the_word_cloudflare() -> None:
    trusted = load_settings({"MAILERPLEX_TRUSTED_PROXIES": "10.1.2.3/8, cloudflare ::1"}).trusted_proxies
    assert trusted.networks == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert trusted.cloudflare


def test_the_providers_credentials_are_read_and_secrets_hidden() -> None:
    settings = load_settings(
        {"GOOGLE_CLIENT_ID": "g", "GOOGLE_CLIENT_SECRET": "hunter2", "GOOGLE_ISSUER_URL": "http://127.0.0.1:99"}
    )
    assert (settings.google_client_id, settings.google_client_secret) == ("g", "hunter2")
    assert settings.google_issuer_url == "http://127.0.0.1:99"
    assert "hunter2" not in repr(settings)
    plain = load_settings({})
    assert plain.google_issuer_url == "https://accounts.google.com"
    assert (plain.microsoft_tenant, plain.microsoft_authority_url) == ("common", "https://login.microsoftonline.com")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"GOOGLE_CLIENT_ID": "g"}, "GOOGLE_CLIENT_SECRET is not set"),
        ({"MICROSOFT_CLIENT_SECRET": "s"}, "MICROSOFT_CLIENT_ID is not set"),
        ({"GOOGLE_ISSUER_URL": "http://accounts.example"}, "GOOGLE_ISSUER_URL"),
        ({"MICROSOFT_AUTHORITY_URL": "http://127.0.0.1"}, "MICROSOFT_AUTHORITY_URL"),
        ({"MICROSOFT_TENANT": "a/../b"}, "MICROSOFT_TENANT"),
    ],
)
def test_a_wrong_setting_of_a_provider_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(environ)
