"""The documentation's small Markdown: its parts become HTML, and nothing in it becomes markup of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.web.pages.guides import resolve_link
from core.web.pages.markdown import render_markdown


def test_the_parts_that_documents_use() -> None:
    text = (
        "## Head\n\nA **b** `c<d>` [e](google.md).\n\n1. one\n   more\n2. two\n\n        code\n\n3. three\n\n- x\n\n"
        "| a | b |\n| --- | --- |\n| `1` | 2 |\n"
    )
    html = str(render_markdown(text, resolve_link))
    assert "<h2>Head</h2>" in html
    assert '<p>A <strong>b</strong> <code>c&lt;d&gt;</code> <a href="/help/google" rel="noreferrer">e</a>.</p>' in html
    assert '<ol start="1"><li>one more</li><li>two</li></ol>' in html
    assert '<pre tabindex="0"><code>code</code></pre>' in html
    assert '<ol start="3"><li>three</li></ol>' in html
    assert '<th scope="col">a</th>' in html
    assert "<td><code>1</code></td>" in html


def test_links_lead_to_pages_here_or_to_whole_https_addresses_alone() -> None:
    assert resolve_link("operations.md#redis") == "/help/operations"
    assert resolve_link("https://example.com/") == "https://example.com/"
    assert resolve_link("javascript:alert(1)") is None
    assert resolve_link("architecture.md") is None


@given(st.text(alphabet="<>&\"'`*[]()#|-1. \nab:/", max_size=120))
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    html = str(render_markdown(text, lambda _: None))
    assert "<script" not in html
    assert "<a" not in html.replace("<article", "")
