"""Load: wrk with 32 keep-alive connections on one thread, through requests that differ."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.site import Visit

_SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk counted."""

    requests: int
    seconds: float
    p99_milliseconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def write_requests(path: Path, visits: Iterable[Visit]) -> Path:
    """Write the visits for wrk's script."""
    path.write_text("".join(f"{visit.path}\t{visit.address}\t{visit.agent}\n" for visit in visits))
    return path


def apply_load(port: int, requests: Path, seconds: int) -> Load:
    """Ask for pixels as fast as they are answered. Raises RuntimeError if any answer was wrong."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_SCRIPT), f"http://127.0.0.1:{port}/"]
    done = subprocess.run([*command, "--", str(requests)], capture_output=True, text=True, check=True)
    words = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    count, microseconds, bad, p99 = (int(word) for word in words[1:])
    if bad:
        raise RuntimeError(f"{bad} of {count} answers were wrong: {done.stdout[-500:]}")
    return Load(count, microseconds / 1e6, p99 / 1000)
