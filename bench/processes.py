"""Processes under measurement: started, found by role, their CPU time and private memory, paused and ended."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_ROOT = Path(__file__).parent.parent


class Tree:
    """A process that was started here, and its descendants."""

    def __init__(self, arguments: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment, "PYTHONPATH": str(_ROOT)},
                cwd=_ROOT,
            )
        self._log = log

    def members(self) -> list[psutil.Process]:
        """List its processes, the one that was started first."""
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(self._process.pid)
            return [top, *top.children(recursive=True)]
        return []

    def find(self, *words: str) -> list[psutil.Process]:
        """List those of its processes whose command line holds all `words`, and their descendants."""
        found: dict[int, psutil.Process] = {}
        for process in self.members():
            with suppress(psutil.Error):
                if set(words) <= set(process.cmdline()):
                    found |= {member.pid: member for member in (process, *process.children(recursive=True))}
        return list(found.values())

    def check(self) -> None:
        """Raise RuntimeError with the log's end if it is gone."""
        if self._process.poll() is not None:
            raise RuntimeError(f"ended too early: {self.read_log()}")

    def read_log(self) -> str:
        """Return the end of what it said."""
        return self._log.read_text(errors="replace")[-1500:]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stand still until the block ends."""
        members = self.members()
        for process in members:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        try:
            yield
        finally:
            for process in reversed(members):
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def stop(self, seconds: float = 15.0) -> None:
        """End it and all its descendants."""
        members = self.members()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        for process in members:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(5)


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Sum user and system time."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def private_megabytes(processes: Iterable[psutil.Process]) -> float:
    """Sum RssAnon: memory that is the processes' own; files that are mapped do not count."""
    total = 0
    for process in processes:
        with suppress(OSError):
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1])
    return total / 1024


def mapped_megabytes(processes: Iterable[psutil.Process]) -> float:
    """Sum RssFile: what is mapped from files, databases of places among them."""
    total = 0
    for process in processes:
        with suppress(OSError):
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("RssFile:"):
                    total += int(line.split()[1])
    return total / 1024
