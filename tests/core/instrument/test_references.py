from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.instrument.references import decode_attribute, escape_attribute


@pytest.mark.parametrize(
    ("written", "denoted"),
    [
        ("a&amp;b", "a&b"),
        ("a&amp=b", "a&amp=b"),
        ("?x=1&copy=2", "?x=1&copy=2"),
        ("?x=1&copy;=2", "?x=1©=2"),
        ("?x=1&copyx", "?x=1&copyx"),
        ("?x=1&copy", "?x=1©"),
        ("?x&lt/", "?x</"),
        ("&#38;&#x26;&#X26", "&&&"),
        ("&#xD800;", "\ufffd"),
        ("&#99999999999999999999;", "\ufffd"),
        ("&notit;", "&notit;"),
        ("&", "&"),
        ("&;&#;&#x;", "&;&#;&#x;"),
        ("&CounterClockwiseContourIntegral;", "∳"),
    ],
)
def test_attribute_values_decode_as_the_html_standard_says(written: str, denoted: str) -> None:
    assert decode_attribute(written) == denoted


@given(st.text())
def test_what_is_escaped_decodes_to_itself(value: str) -> None:
    escaped = escape_attribute(value)
    assert escaped.isascii()
    assert not set('"<>') & set(escaped)
    printable = "".join(char for char in value if char.isascii() or char.isprintable())
    assert decode_attribute(escape_attribute(printable)) == html.unescape(html.escape(printable))
