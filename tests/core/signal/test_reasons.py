"""Every reason has its sentence."""

from __future__ import annotations

import re

import pytest

from core.signal.reasons import REASONS, explain
from core.signal.rules import CORRECTED, NO_RULE, REMARKS, RULES

_CODES = {rule.code for rule in (*RULES, NO_RULE)} | {remark.code for remark in REMARKS} | {CORRECTED}


def test_every_code_that_rules_give_has_a_sentence_and_no_sentence_is_idle() -> None:
    assert set(REASONS) == _CODES


@pytest.mark.parametrize("code", sorted(_CODES))
def test_a_sentence_is_one_plain_line(code: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", code)
    assert re.fullmatch(r"[A-Za-z][^\n.]*(?:\.net[^\n.]*)?\.", REASONS[code])
    assert len(REASONS[code]) <= 110
    assert explain(code) == REASONS[code]


def test_a_code_of_another_version_is_shown_as_it_is() -> None:
    assert explain("some_new_reason") == "Some new reason."
