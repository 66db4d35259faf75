"""Tests of `doctor`."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.commands.doctor import files, mail, public, services
from core.commands.doctor.finding import Finding, Level
from core.errors import VerificationError
from core.keys import load_keys, rotate_key_file
from core.links import verify_link
from core.reach import is_private
from core.settings import Settings, TrustedProxies, load_settings
from core.tokens import TokenSigner
from tests.support.command import run_command

GIF = b"GIF89a" + bytes(37)
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class FakeWeb(BaseHTTPRequestHandler):
    """Answers pixels and links as the web does, with whatever `signer` knows."""

    signer: TokenSigner
    cache_control = "no-store"
    readiness = b'{"status": "ok", "parts": {"spool": {"status": "ok", "detail": ""}}}'

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/o/"):
            self._answer(200, GIF, {"Cache-Control": self.cache_control})
        elif self.path.startswith("/c/"):
            self._redirect()
        else:
            self._answer(200, self.readiness, {})

    def _redirect(self) -> None:
        token, _, query = self.path.removeprefix("/c/").partition("?")
        try:
            destination = verify_link(self.signer, token, query)[2].decode()
        except VerificationError:
            self._answer(404, b"", {})
        else:
            self._answer(302, b"", {"Location": destination})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def fake_web(signer: TokenSigner) -> Iterator[type[FakeWeb]]:
    """A running web; `url` of the class says where."""
    handler = type("Handler", (FakeWeb,), {"signer": signer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]  # read by `at`
    yield handler
    server.shutdown()
    server.server_close()


def at(settings: Settings, web: type[FakeWeb]) -> Settings:
    """Give the settings of an installation whose URLs are the fake web's."""
    url = str(vars(web)["url"])
    return replace(settings, public_url=url, tracking_url=url)


def levels(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    """Level and part of each finding."""
    return [(finding.level.value, finding.part) for finding in findings]


def test_each_line_begins_with_its_level_and_failing_ones_fail_the_command(tmp_path: Path) -> None:
    outcome = run_command("doctor", environ={"MAILERPLEX_DATA_DIR": str(tmp_path / "data"), "PORT": "1"})
    assert outcome.said == ""
    assert all(re.match(r"(ok|warn|fail) +\S", line) for line in outcome.text.splitlines())
    assert re.search(r"^warn +keys +there are none yet", outcome.text, re.MULTILINE)
    assert outcome.status == (1 if re.search(r"^fail", outcome.text, re.MULTILINE) else 0)
    assert not (tmp_path / "data").exists()


def test_a_wrong_setting_is_a_line_of_its_own(tmp_path: Path) -> None:
    outcome = run_command("doctor", environ={"MAILERPLEX_DATA_DIR": str(tmp_path), "SMTP_URL": "mail"})
    assert outcome.status == 1
    assert outcome.text == "fail  settings     SMTP_URL: must begin with smtp:// or smtps://.\n"


@only_sqlite
def test_a_public_url_that_leads_here_is_well(settings: Settings, fake_web: type[FakeWeb]) -> None:
    found = levels(public.check_url(at(settings, fake_web)))
    assert found == [("ok", "public URL"), ("warn", "public URL")]  # the second: recipients cannot reach loopback
    assert levels(public.check_running(at(settings, fake_web))) == [("ok", "running")]


@only_sqlite
def test_another_installation_at_the_public_url_is_found_out(
    settings: Settings, fake_web: type[FakeWeb], tmp_path: Path
) -> None:
    stranger = load_settings({}, data_dir=tmp_path / "stranger")
    fake_web.signer = TokenSigner(load_keys(stranger))
    (finding,) = public.check_url(at(settings, fake_web))
    assert finding.level is Level.FAIL
    assert "with other keys" in finding.text


@only_sqlite
def test_a_proxy_that_lets_pixels_be_cached_is_found_out(settings: Settings, fake_web: type[FakeWeb]) -> None:
    fake_web.cache_control = "max-age=3600"
    (finding,) = public.check_url(at(settings, fake_web))
    assert finding.level is Level.FAIL
    assert "Cache-Control" in finding.text


@only_sqlite
def test_what_the_running_web_says_is_passed_on(settings: Settings, fake_web: type[FakeWeb]) -> None:
    fake_web.readiness = b'{"parts": {"worker_hits": {"status": "warn", "detail": "no worker is running"}}}'
    (finding,) = public.check_running(at(settings, fake_web))
    assert (finding.level, finding.text) == (Level.WARN, "worker_hits: no worker is running")
    fake_web.readiness = b"<html>another program</html>"
    (finding,) = public.check_running(at(settings, fake_web))
    assert finding.level is Level.WARN


@only_sqlite
def test_nothing_at_the_public_url_fails_without_showing_a_token(settings: Settings) -> None:
    nowhere = replace(settings, tracking_url="http://127.0.0.1:1")
    (finding,) = public.check_url(nowhere)
    assert finding.level is Level.FAIL
    assert "/o/" not in finding.text


def test_keys_that_others_can_read_are_warned_of(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert levels(files.check_keys(settings)) == [("warn", "keys")]
    assert list(tmp_path.iterdir()) == []
    rotate_key_file(settings)
    assert levels(files.check_keys(settings)) == [("ok", "keys")]
    (tmp_path / "secret_keys").chmod(0o644)
    (finding,) = files.check_keys(settings)
    assert "chmod 600" in finding.text


def test_keys_that_nobody_set_fail_beside_a_database_of_ones_own(tmp_path: Path) -> None:
    settings = load_settings({"DATABASE_URL": "postgresql://db/mail"}, data_dir=tmp_path)
    assert levels(files.check_keys(settings)) == [("fail", "keys")]


def test_lost_hits_are_warned_of_and_a_full_spool_fails(tmp_path: Path) -> None:
    settings = replace(load_settings({}, data_dir=tmp_path), spool_limit_bytes=100)
    assert levels(files.check_spool(settings)) == [("ok", "spool")]
    settings.spool_dir.mkdir()
    (settings.spool_dir / f"{'a' * 32}.lost").write_text("00000000000000000003")
    (settings.spool_dir / f"{'b' * 32}.sealed").write_bytes(bytes(200))
    warning, failure = files.check_spool(settings)
    assert (warning.level, failure.level) == (Level.WARN, Level.FAIL)
    assert "3 hits" in warning.text


def test_a_database_and_a_redis_that_answer_are_well(settings: Settings, redis_url: str) -> None:
    settings = replace(settings, redis_url=redis_url)
    assert levels(services.check_database(settings)) == [("ok", "database")]
    assert levels(services.check_redis(settings)) == [("ok", "redis")]


def test_a_redis_of_ones_own_that_does_not_answer_fails_and_the_embedded_one_is_only_not_running(
    tmp_path: Path,
) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert levels(services.check_redis(settings)) == [("warn", "redis")]
    gone = replace(settings, redis_url=f"unix://{tmp_path}/none.sock")
    assert levels(services.check_redis(gone)) == [("fail", "redis")]


def test_mail_is_checked_only_where_it_is_set(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert levels(mail.check_mail(settings)) == [("warn", "mail")]
    assert levels(mail.check_mail(replace(settings, smtp_url="smtp://127.0.0.1:1"))) == [("fail", "mail")]


@only_sqlite
@pytest.mark.parametrize(
    ("url", "trusted", "expected"),
    [
        ("https://t.example.com", TrustedProxies(cloudflare=True), []),
        ("https://t.example.com", TrustedProxies(), [("warn", "proxies")]),
        ("http://t.example.com", TrustedProxies(), [("warn", "public URL")]),
    ],
)
def test_a_public_address_without_tls_or_trusted_proxy_is_warned_of(
    settings: Settings, url: str, trusted: TrustedProxies, expected: list[tuple[str, str]]
) -> None:
    settings = replace(settings, tracking_url=url, trusted_proxies=trusted, privacy_email="privacy@example.com")
    assert levels(public._look_at_url(settings)) == expected


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://10.1.2.3", True),
        ("http://[fe80::1]", True),
        ("https://mail.local", True),
        ("https://tracker", True),
        ("https://track.example.com", False),
        ("http://93.184.216.34", False),
    ],
)
def test_addresses_that_only_those_inside_can_reach_are_known(url: str, private: bool) -> None:
    assert is_private(url) is private
