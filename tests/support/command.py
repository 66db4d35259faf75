"""Runs the real command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from core.settings import CHECKOUT, Settings

LIMIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    status: int
    output: bytes
    said: str

    @property
    def text(self) -> str:
        """What went to standard output, as text."""
        return self.output.decode("utf-8")


def environment(settings: Settings) -> dict[str, str]:
    """Give the environment that names an installation to a process."""
    values = {
        "MAILERPLEX_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "MAILERPLEX_SECRET_KEYS": settings.secret_keys or "",
    }
    if settings.public_url != f"http://127.0.0.1:{settings.port}":
        values["MAILERPLEX_PUBLIC_URL"] = settings.public_url
    if settings.redis_url:
        values["REDIS_URL"] = settings.redis_url
    return values


def run_command(*arguments: str, environ: Mapping[str, str] | None = None, stdin: bytes = b"") -> Outcome:
    """Run `mailerplex ARGUMENTS` to its end; never a traceback, whatever was handed in."""
    ended = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        input=stdin,
        capture_output=True,
        cwd=CHECKOUT,
        env={**os.environ, **(environ or {})},
        timeout=LIMIT_SECONDS,
        check=False,
    )
    said = ended.stderr.decode("utf-8")
    assert "Traceback" not in said, said
    return Outcome(ended.returncode, ended.stdout, said)
