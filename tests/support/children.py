"""Child processes that end with the test run, even when it is killed, and folders that a killed run left behind."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_PREFIX = "mpt-"
_FOLDER = re.compile(r"mpt-[a-z]+-(\d+)-\w+$")


def start_child(
    arguments: Sequence[str | Path],
    *,
    log: Path,
    user: str | None = None,
    death_signal: int = signal.SIGKILL,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to `log`; the kernel sends it `death_signal` when this thread's process ends."""

    def die_with_parent() -> None:
        # Runs after the change of user, which would clear it.
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal)

    with log.open("ab") as output:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            preexec_fn=die_with_parent,
        )


def create_short_folder(kind: str) -> Path:
    """Make a private folder with a path short enough for unix sockets; sweeps those of runs that were killed."""
    parent = Path(tempfile.gettempdir())
    for path in parent.glob(f"{_PREFIX}*"):
        match = _FOLDER.match(path.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(path, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-{os.getpid()}-", dir=parent))


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 20.0) -> None:
    """Wait for a condition, asking often; fail with `what` when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)
