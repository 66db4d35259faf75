"""What a process asks of the system: to end with its parent, to stay on a processor, to take back free memory."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, however that happens. Linux only; elsewhere nothing.

    Fit as a `preexec_fn` of a parent without threads: the library is loaded before the fork.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def return_free_memory() -> None:
    """Give memory that this process has freed back to the system, which glibc puts off. Elsewhere nothing."""
    if _libc is not None and hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def stay_on_one_processor() -> None:
    """Keep this process's threads, those to come included, on one of its processors. Linux only; elsewhere nothing.

    Of Python's threads one runs at a time. On several processors each hand-over wakes another of them, which
    triples the work of a hit; on one it costs next to nothing.
    """
    if sys.platform == "linux":
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})
