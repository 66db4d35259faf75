"""`make bench`: measures, prints the table, and with --write keeps it in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.edge import measure_edge
from bench.figure import Figure, write_table
from bench.instrumenting import measure_instrumenting
from bench.latency import measure_latency
from bench.pages import measure_pages
from bench.report import write_report
from bench.resources import measure_memory, measure_starts
from bench.site import copy_databases
from bench.storing import measure_storing
from bench.system import describe_machine, install_missing
from core.keys import parse_keys
from core.tokens import TokenSigner


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    rounds: int
    load_seconds: int
    storing_rounds: int
    stored_hits: int
    latency_seconds: int
    alerts: int
    memory_hits: int
    memory_steps: int
    page_messages: int = 100_000
    page_events: int = 1_000_000
    page_rounds: int = 100


DEFAULT = Extent(5, 4, 3, 120_000, 20, 100, 200_000, 4)
QUICK = Extent(3, 1, 1, 40_000, 5, 25, 60_000, 2)
SOAK = Extent(5, 4, 3, 200_000, 60, 300, 1_000_000, 10)


def main() -> None:
    """Measure what was asked for."""
    options = _parse()
    extent = QUICK if options.quick else SOAK if options.soak else DEFAULT
    install_missing()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mailerplex-bench-") as name:
        figures = _measure(Path(name), extent, options.only)
    write_table(figures, print)
    machine = f"{describe_machine()}; {time.monotonic() - began:.0f} s"
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {machine}")
    if options.write:
        write_report(figures, machine)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the hit path against its targets.")
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="two minutes, rougher figures")
    extent.add_argument("--soak", action="store_true", help="a million hits for the memory figures")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    return parser.parse_args()


PARTS = ("instrument", "start", "edge", "latency", "store", "memory", "pages")


def _measure(folder: Path, extent: Extent, only: list[str] | None) -> list[Figure]:
    databases = copy_databases(folder)
    signer = TokenSigner(parse_keys(urlsafe_b64encode(os.urandom(32)).decode()))
    parts: dict[str, Callable[[], list[Figure]]] = {
        "instrument": lambda: measure_instrumenting(signer, extent.rounds),
        "start": lambda: measure_starts(folder, databases),
        "edge": lambda: measure_edge(folder, databases, extent.rounds, extent.load_seconds),
        "latency": lambda: measure_latency(folder, databases, extent.latency_seconds, extent.alerts),
        "store": lambda: measure_storing(folder, databases, extent.storing_rounds, extent.stored_hits),
        "memory": lambda: measure_memory(folder, databases, extent.memory_hits, extent.memory_steps),
        "pages": lambda: measure_pages(folder, extent.page_messages, extent.page_events, extent.page_rounds),
    }
    figures = []
    for name in only or PARTS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        figures += parts[name]()
    return figures


if __name__ == "__main__":
    main()
