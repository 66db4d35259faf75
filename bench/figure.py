"""A measured figure with its spread, the target it is held to, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `values`: one for each round, or a single one. `target`: what it must reach."""

    name: str
    values: tuple[float, ...]
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    ratio: str = ""
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance from the lowest to the highest round."""
        return (max(self.values) - min(self.values)) / 2

    @property
    def is_reached(self) -> bool | None:
        """Say whether the target is met; None without one."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    def cells(self) -> tuple[str, ...]:
        """Return the cells of its line."""
        spread = f" ± {_number(self.spread)}" if len(self.values) > 1 else ""
        verdict = {True: "ok", False: "missed", None: ""}[self.is_reached]
        return (self.name, f"{_number(self.value)}{spread} {self.unit}".strip(), self._target(), self.ratio, verdict)

    def _target(self) -> str:
        if self.at_most is not None:
            return f"≤ {_number(self.at_most)}"
        return "" if self.at_least is None else f"≥ {_number(self.at_least)}"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def paired(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Return the ratio of each round."""
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


HEADINGS = ("figure", "value ± half range", "target", "beside it", "")


def write_table(figures: Iterable[Figure], say: Callable[[str], None]) -> None:
    """Say the table in columns for a terminal."""
    rows = [HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def render_markdown(figures: Iterable[Figure]) -> str:
    """Return the table in Markdown."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(figure.cells() for figure in figures)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
