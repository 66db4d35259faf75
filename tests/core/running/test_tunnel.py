"""Tunnels by programs that behave as cloudflared and tailscale are documented to: well, slowly, badly, and dying."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import SettingsError, UnavailableError
from core.running.tunnel import PROGRAMS, Tunnel, find_program
from core.settings import Settings, load_settings, write_noted_url
from tests.support.children import wait_until
from worker.tunneling import Tunneling

CLOUDFLARED, TAILSCALE = PROGRAMS
SAYS_URL = 'echo "2026-11-22T20:00:01Z INF |  https://calm-river-$$.trycloudflare.com  |" >&2'
ASKS = 'echo "2026-11-22T20:00:00Z INF Requesting new quick Tunnel on trycloudflare.com..." >&2'

Make = Callable[..., Tunnel]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make tunnels of shell scripts; they end with the test."""
    made: list[Tunnel] = []

    def make_tunnel(*lines: str, name: str = "cloudflared") -> Tunnel:
        path = write_program(tmp_path, name, *lines)
        program = CLOUDFLARED if name == "cloudflared" else TAILSCALE
        made.append(Tunnel(program, str(path), 8123, tmp_path / "tunnel.log"))
        return made[-1]

    yield make_tunnel
    for tunnel in made:
        tunnel.close()


def write_program(folder: Path, name: str, *lines: str) -> Path:
    """Write a program of that name."""
    path = folder / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


def test_cloudflareds_address_is_read_from_what_it_says(make: Make, tmp_path: Path) -> None:
    tunnel = make(f'echo "$@" > {tmp_path}/arguments', ASKS, "sleep 0.2", SAYS_URL, "exec sleep 60")
    url = tunnel.open()
    assert url.startswith("https://calm-river-")
    assert url.endswith(".trycloudflare.com")
    assert (tmp_path / "arguments").read_text().split() == [
        "tunnel",
        "--no-autoupdate",
        "--url",
        "http://127.0.0.1:8123",
    ]
    assert tunnel.tend(pytest.fail) is None


def test_tailscales_address_is_read_from_what_it_says(make: Make) -> None:
    tunnel = make(
        'echo "Available on the internet:"',
        'echo "https://laptop.tail1234.ts.net/"',
        'echo "|-- proxy http://127.0.0.1:8123"',
        "exec sleep 60",
        name="tailscale",
    )
    assert tunnel.open() == "https://laptop.tail1234.ts.net"


def test_a_program_that_fails_is_quoted(make: Make) -> None:
    words = "failed to request quick Tunnel: Post https://api.trycloudflare.com/tunnel: EOF"
    tunnel = make(ASKS, f'echo "{words}"', "exit 1")
    with pytest.raises(UnavailableError, match="cloudflared ended at once: failed to request quick Tunnel"):
        tunnel.open()


def test_a_program_that_says_no_address_is_ended_in_time(make: Make, tmp_path: Path) -> None:
    tunnel = make(f"echo $$ > {tmp_path}/pid", ASKS, "exec sleep 60")
    with pytest.raises(UnavailableError, match="opened no tunnel within 1 seconds"):
        tunnel.open(seconds=0.6)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_tunnel_that_dies_is_opened_again_and_its_new_address_is_told_once(make: Make, tmp_path: Path) -> None:
    tunnel = make(f"echo $$ > {tmp_path}/pid", SAYS_URL, "exec sleep 60")
    first, said, won = tunnel.open(), list[str](), list[str]()
    os.kill(int((tmp_path / "pid").read_text()), 9)

    def tend() -> bool:
        url = tunnel.tend(said.append)
        won.extend([url] if url is not None else [])
        return bool(won)

    wait_until(tend, "another address", seconds=10)
    assert won[0] != first
    assert f"{first} leads nowhere now" in said[0]
    assert tunnel.tend(pytest.fail) is None


def test_without_either_program_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match=r"cloudflared.*tailscale.*Install one") as caught:
        find_program()
    assert "\n" not in str(caught.value)
    write_program(tmp_path, "tailscale")
    assert find_program()[0] is TAILSCALE
    write_program(tmp_path, "cloudflared")
    assert find_program()[0] is CLOUDFLARED


@pytest.mark.parametrize("name", ["MAILERPLEX_PUBLIC_URL", "MAILERPLEX_TRACKING_URL"])
def test_an_address_that_is_set_and_a_tunnel_exclude_each_other(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "https://mail.example.com")
    with pytest.raises(SettingsError, match=name):
        Tunneling(Settings(data_dir=tmp_path), pytest.fail)


def test_the_temporary_address_holds_for_commands_of_the_same_folder_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path, "cloudflared", SAYS_URL, "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "run").mkdir()
    said: list[str] = []
    tunneling = Tunneling(Settings(data_dir=tmp_path, port=8123), said.append)
    try:
        settings = tunneling.open()
    finally:
        tunneling.close()
    assert settings.public_url == settings.tracking_url
    assert (settings.has_temporary_url, settings.tunnel_proxies) == (True, "127.0.0.1,::1,cloudflare")
    assert any("ends with this run" in line for line in said)
    write_noted_url(settings)
    found = load_settings({}, data_dir=tmp_path)
    assert (found.tracking_url, found.has_temporary_url) == (settings.public_url, True)
    role = load_settings({"MAILERPLEX_PUBLIC_URL": settings.public_url}, data_dir=tmp_path)
    assert role.has_temporary_url
    other = load_settings({"MAILERPLEX_TRACKING_URL": "https://t.example.com"}, data_dir=tmp_path)
    assert not other.has_temporary_url
