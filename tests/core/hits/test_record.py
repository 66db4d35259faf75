"""A hit's line: what goes in comes out, whatever a stranger's headers hold."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from core.hits.record import (
    HEADER_CHARACTERS,
    USER_AGENT_CHARACTERS,
    Hit,
    count_records,
    encode_record,
    parse_records,
)
from core.signal.evidence import KEPT_HEADERS, Kind

# Python's text with all that a server may make of bytes: lone surrogates, NULs, line feeds.
TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=700)
KEYS = sorted(f"HTTP_{name.upper().replace('-', '_')}" for name in KEPT_HEADERS)


def make_record(kind: str = "o", copy_id: int = 7, **environ: Any) -> bytes:
    """Encode a hit with some of a request's environ."""
    return encode_record(kind, 1_795_000_000_000_000, copy_id, None, "192.0.2.1", {"REQUEST_METHOD": "GET"} | environ)


def read(payload: bytes, start: int = 0) -> list[Hit]:
    """Parse all records of a segment called "a"."""
    return list(parse_records("a", start, payload))


def _mended(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@given(agent=TEXT, method=TEXT, address=TEXT, headers=st.dictionaries(st.sampled_from(KEYS), TEXT), size=st.integers(0))
def test_any_request_becomes_one_line_and_comes_back(
    agent: str, method: str, address: str, headers: dict[str, str], size: int
) -> None:
    copy_id = size % 2**64
    environ = {"REQUEST_METHOD": method, "HTTP_USER_AGENT": agent, **headers}
    line = encode_record("c", 1_795_000_000_123_456, copy_id, 65535, address, environ)
    assert line[0] == line[-1] == 0x0A
    assert line.count(b"\n") == 2
    assert count_records(line) == 1
    (hit,) = read(line)
    assert (hit.kind, hit.copy_id, hit.link_number, hit.at.microsecond) == (Kind.CLICK, copy_id, 65535, 123456)
    assert _mended(hit.user_agent) == _mended(agent[:USER_AGENT_CHARACTERS])
    assert all(len(value) <= HEADER_CHARACTERS for value in hit.headers.values())
    assert set(hit.headers) == {key.removeprefix("HTTP_").lower().replace("_", "-") for key in headers}


@given(st.lists(TEXT, max_size=6), st.integers(0, 2000))
def test_a_hits_identity_is_its_place_however_the_segment_is_cut(agents: list[str], limit: int) -> None:
    records = [make_record(HTTP_USER_AGENT=agent) for agent in agents]
    segment = b"".join(records)
    whole = read(segment)
    assert len(whole) == len(agents)
    cut = segment.rfind(b"\n", 0, limit) + 1
    assert read(segment[:cut]) + read(segment[cut:], cut) == whole
    assert len({hit.id for hit in whole}) == len(whole)


@given(st.binary(max_size=400))
def test_what_is_no_record_is_skipped_and_spoils_no_other(garbage: bytes) -> None:
    line = make_record(HTTP_USER_AGENT="after")
    hits = read(garbage.replace(b"\n", b" ") + line)
    assert [hit.user_agent for hit in hits] == ["after"]
    assert hits[0].id == f"a:{len(garbage) + 1}"


@given(st.integers(0, 300))
def test_a_record_cut_short_by_a_crash_is_skipped(length: int) -> None:
    first, second = make_record(HTTP_USER_AGENT="first"), make_record(HTTP_USER_AGENT="second")
    length = min(length, len(first) - 2)
    assert [hit.user_agent for hit in read(first[:length] + second)] == ["second"]


def test_of_a_referer_only_the_site_is_kept() -> None:
    for referer, kept in (
        ("https://mail.example/u/0?message=secret", "https://mail.example"),
        ("https://user:word@mail.example/x", "https://mail.example"),
        ("https://mail.example?secret", "https://mail.example"),
        ("no address at all: secret", ""),
    ):
        line = make_record(HTTP_REFERER=referer)
        assert b"secret" not in line
        assert b"word" not in line
        assert read(line)[0].headers["referer"] == kept


def test_nothing_else_of_a_request_is_kept() -> None:
    line = make_record(HTTP_COOKIE="cookie", HTTP_AUTHORIZATION="Bearer x", QUERY_STRING="u=y", SECRET="environment")
    assert orjson.loads(line)[7] == {}
    assert b"cookie" not in line
    assert b"environment" not in line
