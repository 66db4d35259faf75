"""A public address for a laptop: `cloudflared` or `tailscale` run as a child, and the URL that it says it serves.

Owns starting, reading what the program writes, and starting it again when it dies; each start may bring another URL.
The program writes into a file, for a pipe that nobody drains would stop it. Nothing here blocks.
Sources: https://developers.cloudflare.com/tunnel/setup/#quick-tunnels-development and
https://tailscale.com/kb/1311/tailscale-funnel.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SettingsError, UnavailableError
from core.running.processes import die_with_parent

OPENING_SECONDS: Final = 40.0
_POLL_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
_MOST_BYTES: Final = 256 * 1024
_MISSING: Final = (
    "--tunnel needs `cloudflared` (https://developers.cloudflare.com/tunnel/downloads/) or `tailscale`"
    " (https://tailscale.com/download) on PATH; neither is there. Install one, or set MAILERPLEX_PUBLIC_URL."
)


@dataclass(frozen=True, slots=True)
class TunnelProgram:
    """A program that opens tunnels. `url` matches what it serves in what it writes; `proxies`: whom it comes from."""

    name: str
    arguments: tuple[str, ...]
    url: re.Pattern[str]
    proxies: str

    def command(self, path: str, port: int) -> list[str]:
        """Return the command that opens a tunnel to a port of this machine."""
        return [path, *(argument.replace("PORT", str(port)) for argument in self.arguments)]


PROGRAMS: Final = (
    TunnelProgram(
        "cloudflared",
        ("tunnel", "--no-autoupdate", "--url", "http://127.0.0.1:PORT"),
        # Not api.trycloudflare.com, which it names when that cannot be reached.
        re.compile(r"https://(?!api\.)[a-z0-9-]+\.trycloudflare\.com", re.ASCII),
        "127.0.0.1,::1,cloudflare",
    ),
    TunnelProgram(
        "tailscale",
        ("funnel", "PORT"),
        re.compile(r"https://[a-z0-9-]+\.[a-z0-9-]+\.ts\.net", re.ASCII),
        "127.0.0.1,::1",
    ),
)


def find_program() -> tuple[TunnelProgram, str]:
    """Return the first program that is on PATH, with its path. Raises SettingsError, saying what to install."""
    for program in PROGRAMS:
        path = shutil.which(program.name)
        if path is not None:
            return program, path
    raise SettingsError(_MISSING)


class Tunnel:
    """One tunnel, kept open. `url` is what it serves now, None while it is starting."""

    def __init__(self, program: TunnelProgram, path: str, port: int, log: Path) -> None:
        self.program = program
        self.url: str | None = None
        self._command = program.command(path, port)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._resume_at = 0.0
        self._pause_seconds = _FIRST_PAUSE_SECONDS

    def open(self, is_stopping: Callable[[], bool] = lambda: False, seconds: float = OPENING_SECONDS) -> str:
        """Start it and wait for its URL. Raises UnavailableError with what the program said last."""
        deadline = time.monotonic() + seconds
        self._start()
        while time.monotonic() < deadline and not is_stopping():
            self._look()
            if self.url is not None:
                return self.url
            if self._is_gone:
                raise UnavailableError(f"{self.program.name} ended at once: {self._last_line()}")
            time.sleep(_POLL_SECONDS)
        self.close()
        raise UnavailableError(
            f"{self.program.name} opened no tunnel within {seconds:.0f} seconds: {self._last_line()}"
        )

    def tend(self, say: Callable[[str], None]) -> str | None:
        """Start it again if it died. Return a URL that was just won, None while nothing is new."""
        if self._process is None:
            if time.monotonic() >= self._resume_at:
                self._start()
            return None
        if self._is_gone:
            gone = self.url or "Its address"
            say(f"The tunnel ended ({self._last_line()}); opening another. {gone} leads nowhere now.")
            self._process = self.url = None
            self._resume_at = time.monotonic() + self._pause_seconds
            self._pause_seconds = min(self._pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
            return None
        if self.url is None:
            self._look()
            if self.url is not None:
                self._pause_seconds = _FIRST_PAUSE_SECONDS
            return self.url
        return None

    def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def _is_gone(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _start(self) -> None:
        self.url = None
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603  (a program by its full path, with arguments of ours)
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                preexec_fn=_prepare_child,
                process_group=0,  # Ctrl-C is this process's to pass on
            )
        except OSError as error:
            raise UnavailableError(f"{self.program.name} cannot be started: {error.strerror}.") from error
        finally:
            os.close(descriptor)

    def _look(self) -> None:
        found = self.program.url.search(self._read())
        self.url = found[0] if found is not None else None

    def _read(self) -> str:
        try:
            with self._log.open("rb") as stream:
                return stream.read(_MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    def _last_line(self) -> str:
        lines = [line.strip() for line in self._read().splitlines() if line.strip()]
        return (
            "".join(character for character in lines[-1] if character.isprintable())[:200]
            if lines
            else "it said nothing"
        )


def _prepare_child() -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
