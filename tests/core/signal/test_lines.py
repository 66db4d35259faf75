"""The lines that `classify` reads: what passes, and the one clear line for what does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.signal.evidence import Kind
from core.signal.lines import parse_lines


def _line(**fields: Any) -> str:
    return json.dumps({"message": "m", "kind": "open", **fields})


def test_a_full_line_is_read() -> None:
    (line,) = parse_lines(
        [
            _line(
                id="7",
                recipient="ann@example.com",
                kind="click",
                method="head",
                ua="curl/8",
                ip="::ffff:192.0.2.7",
                headers={"Sec-Purpose": "prefetch"},
                url="https://example.com/",
                sender="me@example.com",
                at="2026-11-22T10:30:00.25+01:00",
                sent_at="2026-11-22T09:29:00Z",
            )
        ]
    )
    assert line.number == 1
    assert line.kind is Kind.CLICK
    assert line.method == "HEAD"
    assert str(line.address) == "192.0.2.7"
    assert line.headers == {"sec-purpose": "prefetch"}
    assert line.at == datetime(2026, 11, 22, 9, 30, 0, 250_000, tzinfo=UTC)
    assert line.seconds_after_send == 60.25


def test_a_short_line_is_enough() -> None:
    (line,) = parse_lines([_line()])
    assert (line.id, line.method, line.user_agent, line.at, line.seconds_after_send) == (None, "GET", "", None, None)


def test_null_stands_for_what_is_not_told() -> None:
    absent = dict.fromkeys(["id", "recipient", "method", "ua", "ip", "headers", "url", "sender", "at", "sent_at"])
    assert parse_lines([_line(**absent, seconds_after_send=None)]) == parse_lines([_line()])


def test_blank_lines_and_a_byte_order_mark_are_passed_over() -> None:
    lines = parse_lines(["\ufeff" + _line() + "\r\n", "\n", "   \n", _line().encode() + b"\n"])
    assert [line.number for line in lines] == [1, 4]


def test_the_user_agent_may_stand_among_the_headers() -> None:
    assert parse_lines([_line(headers={"User-Agent": "curl/8"})])[0].user_agent == "curl/8"
    assert parse_lines([_line(headers={"User-Agent": "curl/8"}, ua="x")])[0].user_agent == "x"


def test_a_heads_up_has_no_kind() -> None:
    assert parse_lines([_line(kind="viewed", seconds_after_send=3)])[0].kind is None


def test_a_leap_second_is_a_time() -> None:
    line = parse_lines([_line(at="2016-12-31T23:59:60Z")])[0]
    assert line.at == datetime(2017, 1, 1, tzinfo=UTC)


_WRONG = [
    ("x", "not JSON"),
    ('{"kind": "open", "ua": "\\ud83d"}', "not text: \\ud83d is half"),
    ('{"kind": "open", "ua": "\\uDE00"}', "not text: \\uDE00 is half"),
    ('{"kind": "open", "ua": "\\ud83d\\ude00"', "not JSON"),
    ("[]", "not a JSON object"),
    ('"open"', "not a JSON object"),
    ("null", "not a JSON object"),
    ('{"kind": "open"', "not JSON"),
    ('{"kind": "open", "message": "m", "seconds_after_send": NaN}', "not JSON"),
    ("[" * 5000, "not JSON"),
    ("{}", "kind must be one of open, click, viewed"),
    ('{"message": "m"}', "kind must be"),
    (_line(kind="reply"), "kind must be"),
    (_line(kind=["open"]), "kind must be"),
    (_line(kind=None), "kind must be"),
    (json.dumps({"kind": "open"}), "message is missing"),
    (_line(message=""), "message is missing"),
    (_line(message=None), "message is missing"),
    (_line(message=5), "message must be a string"),
    (_line(colour="red"), "unknown field 'colour'"),
    (_line(**{"a\nb\x1b[2J": 1}), "unknown field 'a\\nb\\x1b[2J'"),
    (_line(id=1.5), "id must be"),
    (_line(id=True), "id must be"),
    (_line(recipient=["a@b"]), "recipient must be"),
    (_line(method=""), "method must be"),
    (_line(method="GET /"), "method must be"),
    (_line(ua=3), "ua must be"),
    (_line(ip="300.1.1.1"), "ip must be an IPv4 or IPv6 address"),
    (_line(ip="192.0.2.1:80"), "ip must be"),
    (_line(ip=3), "ip must be"),
    (_line(headers=[]), "headers must be"),
    (_line(headers={"Accept": 1}), "headers must be"),
    (_line(url=1), "url must be"),
    (_line(at="yesterday"), "at must be an RFC 3339 time"),
    (_line(at="2026-11-22T09:30:00"), "at must be an RFC 3339 time"),
    (_line(at="2026-13-22T09:30:00Z"), "at must be an RFC 3339 time that exists"),
    (_line(at="0001-01-01T00:00:00+23:00"), "at must be an RFC 3339 time that exists"),
    (_line(at=1763800000), "at must be an RFC 3339 time"),
    (_line(sent_at="2026-11-22T09:30:00Z"), "sent_at needs at"),
    (
        _line(at="2026-11-22T09:30:00Z", sent_at="2026-11-22T09:30:00Z", seconds_after_send=1),
        "give sent_at or seconds_after_send, not both",
    ),
    (_line(seconds_after_send="5"), "seconds_after_send must be a number"),
    (_line(seconds_after_send=True), "seconds_after_send must be a number"),
    (_line(seconds_after_send=1e300), "seconds_after_send must be a number of seconds"),
    (b"\xff\xfe", "not UTF-8"),
    ('{"kind": "open", "message": "\udcff"}', "not UTF-8"),
]


@pytest.mark.parametrize(("wrong", "says"), _WRONG)
def test_a_wrong_line_is_named_with_its_number_in_one_line(wrong: str | bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_lines([_line(), "\n", wrong, _line()])
    assert str(caught.value).startswith(f"line 3: {says}")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_error_repeats_nothing_of_what_the_line_holds() -> None:
    with pytest.raises(InputError) as caught:
        parse_lines([_line(ip="secret", recipient="ann@example.com")])
    assert "secret" not in str(caught.value)
    assert "ann" not in str(caught.value)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_names = st.sampled_from(
    ["id", "message", "kind", "method", "ua", "ip", "headers", "url", "at", "sent_at", "seconds_after_send", "x"]
)


@given(st.lists(st.dictionaries(_names, _json).map(json.dumps) | st.text(max_size=40) | st.binary(max_size=40)))
def test_anyones_input_is_read_or_refused_with_one_clear_line(lines: list[str | bytes]) -> None:
    said = _refusal(lines)
    assert said is None or said.startswith("line ")
    assert "\n" not in (said or "")


def _refusal(lines: list[str | bytes]) -> str | None:
    try:
        parse_lines(lines)
    except InputError as error:
        return str(error)
    return None
