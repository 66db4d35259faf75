"""Turns the project's own documentation into HTML: the few parts of CommonMark that it is written in.

Headings, paragraphs, lists of one level, tables, indented and fenced code; in a line code, strong, emphasis and links.
Everything else is shown as it is written, and all of it escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import dedent

from markupsafe import Markup, escape

_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(#{1,4}) (.+)")
_ITEM = re.compile(r"(-|\d{1,2}\.) (.*)")
_RULE = re.compile(r"\|[\s|:-]+\|")

Resolve = Callable[[str], str | None]
"""Turns a link's target into an address, or None where it leads nowhere here."""


@dataclass(slots=True)
class _Block:
    kind: str
    lines: list[str] = field(default_factory=list)


def render_markdown(text: str, resolve: Resolve) -> Markup:
    """Render a document."""
    return Markup("\n").join(_render_block(block, resolve) for block in _split(text))


def _split(text: str) -> Iterator[_Block]:
    """Split a document into blocks."""
    block, fenced = _Block(""), False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            if block.lines or block.kind:
                yield block
            block = _Block("code" if fenced else "")
            continue
        kind = "code" if fenced else _kind_of(line, block)
        if kind != block.kind or kind == "heading":
            if block.lines:
                yield block
            block = _Block(kind)
        if kind:
            block.lines.append(line)
    if block.lines:
        yield block


def _kind_of(line: str, block: _Block) -> str:
    """Name what a line belongs to; "" for what stands between blocks."""
    if not line.strip():
        return "code" if block.kind == "code" else ""
    if line.startswith("    ") and block.kind in ("", "code"):
        return "code"
    if _HEADING.match(line):
        return "heading"
    if line.startswith("|"):
        return "table"
    if (item := _ITEM.match(line)) is not None:
        return "ul" if item[1] == "-" else "ol"
    return block.kind if block.kind in ("ul", "ol") and line.startswith(" ") else "paragraph"


def _render_block(block: _Block, resolve: Resolve) -> Markup:
    if block.kind == "heading":
        return _render_heading(block.lines[0], resolve)
    if block.kind == "code":
        body = dedent("\n".join(block.lines)).strip("\n")
        return Markup('<pre tabindex="0"><code>{}</code></pre>').format(body)
    if block.kind == "table":
        return _render_table(block.lines, resolve)
    if block.kind in ("ul", "ol"):
        items = Markup("").join(Markup("<li>{}</li>").format(_inline(item, resolve)) for item in _items(block.lines))
        # A list that code interrupts goes on counting.
        start = block.lines[0].partition(".")[0]
        if block.kind == "ul":
            return Markup("<ul>{}</ul>").format(items)
        return Markup('<ol start="{}">{}</ol>').format(start, items)
    return Markup("<p>{}</p>").format(_inline(" ".join(line.strip() for line in block.lines), resolve))


def _render_heading(line: str, resolve: Resolve) -> Markup:
    level, _, text = line.partition(" ")
    return Markup("<h{0}>{1}</h{0}>").format(len(level), _inline(text, resolve))


def _items(lines: list[str]) -> Iterator[str]:
    item = ""
    for line in lines:
        begun = _ITEM.match(line)
        if begun is None:
            item += " " + line.strip()
            continue
        if item:
            yield item
        item = begun[2]
    yield item


def _render_table(lines: list[str], resolve: Resolve) -> Markup:
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if not _RULE.fullmatch(line)
    ]
    rendered = Markup("")
    for number, row in enumerate(rows):
        tag = Markup('th scope="col"') if number == 0 else Markup("td")
        end = Markup("th") if number == 0 else Markup("td")
        cells = Markup("").join(Markup("<{}>{}</{}>").format(tag, _inline(cell, resolve), end) for cell in row)
        rendered += Markup("<tr>{}</tr>").format(cells)
    return Markup('<div class="table" tabindex="0"><table>{}</table></div>').format(rendered)


def _inline(text: str, resolve: Resolve) -> Markup:
    result, position = Markup(""), 0
    for found in _INLINE.finditer(text):
        result += escape(text[position : found.start()]) + _span(found, resolve)
        position = found.end()
    return result + escape(text[position:])


def _span(found: re.Match[str], resolve: Resolve) -> Markup:
    code, strong, emphasis, label, target = found.groups()
    if code is not None:
        return Markup("<code>{}</code>").format(code)
    if strong is not None:
        return Markup("<strong>{}</strong>").format(_inline(strong, resolve))
    if emphasis is not None:
        return Markup("<em>{}</em>").format(emphasis)
    address = resolve(target)
    if address is None:
        return escape(label)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, label)
