from __future__ import annotations

import pytest

from core.instrument import quotes
from core.instrument.quotes import Quoting, has_hints, quoting_of

CONTAINERS = (
    [("class", name) for name in sorted(quotes._CONTAINER_CLASSES)]
    + [("id", name) for name in sorted(quotes._CONTAINER_IDS)]
    + [("name", name) for name in sorted(quotes._CONTAINER_NAMES)]
)
DIVIDERS = [("id", name) for name in sorted(quotes._DIVIDER_IDS)] + [
    ("id", "x_divRplyFwdMsg"),
    ("style", "border:none;border-top:solid #B5C4DF 1.0pt;padding:3pt"),
    ("style", "BORDER-TOP: solid #E1E1E1 1pt"),
]


@pytest.mark.parametrize(
    ("mark", "quoting"),
    [(mark, Quoting.CONTAINER) for mark in CONTAINERS] + [(mark, Quoting.DIVIDER) for mark in DIVIDERS],
)
def test_every_mark_of_quoted_text_is_known_and_hinted_at(mark: tuple[str, str], quoting: Quoting) -> None:
    assert quoting_of([mark]) is quoting
    assert has_hints(mark[1].lower())
    assert quotes.HINT.search(mark[1]) is not None


@pytest.mark.parametrize(
    "mark", [("class", "quote"), ("class", "gmail_signature"), ("id", "quote"), ("style", "border-top:solid red 1pt")]
)
def test_other_marks_are_no_quotes(mark: tuple[str, str]) -> None:
    assert quoting_of([mark]) is Quoting.NONE
