"""docs/benchmarks.md: what is measured and how, and the table of the last run that was asked to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure, render_markdown

_REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_MARK = "## Last run\n"


def write_report(figures: Sequence[Figure], machine: str) -> None:
    """Replace the table in docs/benchmarks.md, leaving its words alone."""
    words = _REPORT.read_text(encoding="utf-8").partition(_MARK)[0] if _REPORT.exists() else "# Benchmarks\n\n"
    _REPORT.parent.mkdir(exist_ok=True)
    told = f"{_MARK}\n{datetime.now(UTC):%Y-%m-%d}, {machine}.\n\n"
    _REPORT.write_text(words + told + render_markdown(figures), encoding="utf-8")
