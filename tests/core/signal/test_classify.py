"""`classify` from lines to answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from core.errors import InputError
from core.signal.classify import classify
from core.signal.evidence import Client, Location, Network, NetworkKind
from tests.core.signal.samples import APPLE_MAIL, CHROME, GMAIL_PROXY

_HOME = Location("NO", "Oslo", "Oslo")


@dataclass(frozen=True)
class _Told:
    network: Network
    client: Client
    location: Location | None


def _describe(address: str | None, user_agent: str) -> _Told:
    kind = NetworkKind.GOOGLE if str(address).startswith("66.249.") else NetworkKind.UNKNOWN
    return _Told(Network(kind), Client(user_agent[:7] or None), _HOME if address else None)


def _run(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return list(classify([json.dumps({"message": "m", **line}) for line in lines], _describe))


def test_answers_come_in_order_with_their_ids_and_without_the_heads_ups() -> None:
    answers = _run(
        {"id": "b", "kind": "open", "ua": CHROME, "seconds_after_send": 900},
        {"kind": "viewed", "seconds_after_send": 5},
        {"kind": "open", "ua": "curl/8"},
        {"id": 3, "kind": "click", "ua": CHROME, "seconds_after_send": 950, "url": "https://x.org"},
    )
    assert [answer["id"] for answer in answers] == ["b", None, 3]
    assert [answer["verdict"] for answer in answers] == ["human", "scanner", "human"]


def test_an_answer_has_the_shape_of_the_interface() -> None:
    (answer,) = _run({"id": "1", "kind": "open", "ua": APPLE_MAIL, "ip": "198.51.100.7", "seconds_after_send": 3600})
    assert json.loads(json.dumps(answer)) == {
        "id": "1",
        "verdict": "human",
        "confidence": 0.8,
        "reasons": ["mail_client"],
        "client": {"name": "Mozilla", "os": None, "device": None},
        "location": {"country": "NO", "region": "Oslo", "city": "Oslo"},
    }


@pytest.mark.parametrize("ip", ["66.249.84.1", "198.51.100.7"])
def test_a_proxys_place_is_nobodys(ip: str) -> None:
    (answer,) = _run({"kind": "open", "ua": GMAIL_PROXY, "ip": ip, "seconds_after_send": 3600})
    assert answer["verdict"] == "human_via_proxy"
    assert answer["location"] is None


def test_times_from_clocks_are_judged_by_the_moment_of_sending() -> None:
    (answer,) = _run(
        {"kind": "open", "ua": GMAIL_PROXY, "at": "2026-11-22T09:00:05Z", "sent_at": "2026-11-22T09:00:00Z"}
    )
    assert answer["reasons"] == ["gmail_proxy_at_delivery"]


def test_with_no_time_at_all_time_rules_are_silent() -> None:
    assert _run({"kind": "open", "ua": GMAIL_PROXY})[0]["reasons"] == ["gmail_image_proxy"]


def test_lines_are_judged_together_by_link_address_and_heads_up() -> None:
    burst = [
        {"kind": "click", "ua": CHROME, "url": f"https://x.org/{number}", "seconds_after_send": 45 + number / 10}
        for number in range(5)
    ]
    mine = {"kind": "open", "ua": GMAIL_PROXY, "seconds_after_send": 603, "message": "n"}
    view = {"kind": "viewed", "seconds_after_send": 600, "message": "n"}
    assert [answer["verdict"] for answer in _run(*burst, mine, view)] == ["scanner"] * 5 + ["self"]


def test_addresses_are_told_apart_by_their_network() -> None:
    def lines(*addresses: str) -> list[dict[str, Any]]:
        return [
            {"kind": "click", "ua": CHROME, "ip": ip, "url": "u", "recipient": "A@x.org", "seconds_after_send": 900}
            for ip in addresses
        ]

    assert {one["verdict"] for one in _run(*lines("192.0.2.1", "192.0.2.9", "198.51.100.1"))} == {"human"}
    assert {one["verdict"] for one in _run(*lines("192.0.2.1", "203.0.113.9", "198.51.100.1"))} == {"scanner"}
    assert {one["verdict"] for one in _run(*lines("2001:db8:1:2::1", "2001:db8:1:3::1", "192.0.2.1"))} == {"human"}


def test_recipients_are_the_same_in_any_case() -> None:
    (answer,) = _run({"kind": "open", "ua": GMAIL_PROXY, "recipient": "Ann@X.org", "sender": "ann@x.ORG"})
    assert answer["verdict"] == "self"


def test_headers_count_in_any_case() -> None:
    (answer,) = _run({"kind": "click", "headers": {"User-Agent": CHROME, "SEC-PURPOSE": "prefetch"}})
    assert answer["verdict"] == "prefetch"


@pytest.mark.parametrize("referer", ["http://[", "https://mail.example.com/inbox?token=1", ""])
def test_any_referer_is_taken(referer: str) -> None:
    assert _run({"kind": "open", "ua": CHROME, "headers": {"Referer": referer}})


def test_a_wrong_line_stops_everything_before_any_answer() -> None:
    def lines() -> Iterator[str]:
        yield json.dumps({"message": "m", "kind": "open"})
        yield "{"

    with pytest.raises(InputError, match=r"^line 2: not JSON$"):
        classify(lines(), _describe)


def test_no_lines_give_no_answers() -> None:
    assert list(classify([], _describe)) == []
