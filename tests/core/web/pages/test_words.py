from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signal.evidence import Client, Verdict
from core.timeline.outbox import STATUSES
from core.web.pages.words import describe_client, describe_confidence, describe_machines, describe_state

COUNTS = st.dictionaries(st.sampled_from(Verdict), st.integers(0, 3))


@given(status=st.sampled_from(STATUSES), counts=COUNTS, recipients=st.integers(0, 5), is_shared=st.booleans())
def test_no_state_is_ever_called_unread(
    status: str, counts: dict[Verdict, int], recipients: int, is_shared: bool
) -> None:
    text = describe_state(status, counts, recipients, is_shared).text
    assert text
    assert "unread" not in text.lower()
    if status == "sent":
        assert "Read" not in text


@pytest.mark.parametrize(
    ("status", "counts", "text"),
    [
        ("read", {Verdict.HUMAN: 1, Verdict.SCANNER: 4}, "Read by the recipient, likely"),
        ("clicked", {Verdict.HUMAN: 1}, "Link clicked by the recipient"),
        ("sent", {Verdict.SCANNER: 4}, "Opened by a scanner only"),
        ("sent", {Verdict.PREFETCH: 1}, "Fetched ahead by a machine, no sign of reading yet"),
        ("sent", {Verdict.PREFETCH: 1, Verdict.SCANNER: 1}, "Visited by machines only"),
        ("sent", {Verdict.SELF: 2}, "No sign of reading yet"),
        ("sent", {Verdict.UNKNOWN: 1, Verdict.SCANNER: 1}, "Visited, unclear by whom"),
        ("bounced", {}, "Bounced: it did not arrive"),
        ("draft", {}, "Not sent yet"),
    ],
)
def test_a_state_is_told_as_surely_as_it_is_known(status: str, counts: dict[Verdict, int], text: str) -> None:
    assert describe_state(status, counts, 1, is_shared=True).text == text


def test_of_a_group_that_shares_a_copy_only_one_is_claimed() -> None:
    assert describe_state("read", {}, 3, is_shared=True).text == "Read by at least one of 3, likely"
    assert describe_state("read", {}, 3, is_shared=False, readers=2).text == "Read by 2 of 3, likely"


def test_what_machines_did_is_told_beside_what_people_did_and_not_twice() -> None:
    assert describe_machines("read", {Verdict.HUMAN: 1, Verdict.SCANNER: 4}) == "opened by a scanner"
    assert describe_machines("read", {Verdict.HUMAN: 1}) == ""
    assert describe_machines("sent", {Verdict.SCANNER: 4}) == ""


def test_confidence_and_clients_have_plain_words() -> None:
    assert describe_confidence(0.99) == "Almost certain (99 %)"
    assert describe_confidence(0.3) == "A guess (30 %)"
    assert describe_confidence(None) == ""
    assert describe_client(Client("Safari", "iOS 18", "iPhone")) == "Safari on iOS 18 (iPhone)"
    assert describe_client(Client(None, None, "iPhone")) == "iPhone"
    assert describe_client(None) == ""
