"""Instruments HTML that is text already: what the API and the add-ons hand in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.instrument.rewrite import Edit, Source, Wish, plan_edits
from core.instrument.tracking import Tracking


@dataclass(frozen=True, slots=True)
class HtmlResult:
    """The rewritten HTML and the destinations tracked in it, in order; `reason` is a code if nothing was done."""

    html: str
    links: tuple[str, ...]
    pixel_inserted: bool
    reason: str | None


def instrument_html(
    html: str, tracking: Tracking, *, pixel: bool = True, links: bool = True, untouched: Collection[str] = ()
) -> HtmlResult:
    """Return HTML with tracked links and one pixel; all but those hrefs and the pixel stays as it was."""
    size = len(html) if html.isascii() else len(html.encode("utf-8", "surrogatepass"))
    source = Source(html, lambda start, end: html[start:end], size, 1 if html.startswith("\ufeff") else 0)
    plan = plan_edits(source, tracking, Wish(pixel, links, untouched))
    return HtmlResult(_splice(html, plan.edits), plan.links, plan.pixel_inserted, plan.reason)


def list_links(html: str) -> tuple[str, ...]:
    """Return the destinations that tracking would rewrite, in order of first appearance, each once."""
    return instrument_html(html, _Collector(), pixel=False).links


class _Collector:
    """A tracking that knows none of our own URLs and takes every destination."""

    pixel_url = ""

    def track(self, url: str) -> str | None:
        return url

    def is_own(self, url: str) -> bool:
        return False


def _splice(text: str, edits: tuple[Edit, ...]) -> str:
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += text[position : edit.start], edit.replacement
        position = edit.end
    return "".join([*pieces, text[position:]])
