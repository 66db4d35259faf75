"""The edge as a WSGI callable: answers from the token alone, records what is genuine, forges no redirect."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.hits.edge import GIF, Edge
from core.hits.record import Hit, parse_records
from core.hits.spool import SpoolWriter
from core.keys import WatchedKeys, load_keys, rotate_key_file
from core.links import build_link, build_pixel_url
from core.settings import Settings, TrustedProxies
from core.signal.evidence import Kind
from core.tokens import TokenSigner
from tests.support.installation import path_of

COPY = 2**63 + 5
DESTINATION = b"https://example.com/a?b=c%20d&e=%2F#f"
ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
MANY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Answer:
    """What a WSGI callable answered."""

    def __init__(self, edge: Edge, path: str, query: str = "", method: str = "GET", **environ: Any) -> None:
        given = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "192.0.2.1"}
        self.body = b"".join(edge(given | environ, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status = int(status.split()[0])
        self.headers = dict(headers)
        assert all("\r" not in value and "\n" not in value for value in self.headers.values())


class Place:
    """An edge with a key file and spool of its own; its pages say only that they were asked."""

    def __init__(self, folder: Path) -> None:
        self.settings = dataclasses.replace(
            Settings(data_dir=folder), database_url=f"sqlite:///{folder / 'mailerplex.sqlite3'}"
        )
        self.spool = SpoolWriter(folder / "spool")
        self.edge = Edge(self._pages, self.spool, WatchedKeys(self.settings), TrustedProxies())

    @staticmethod
    def _pages(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("X-Pages", "yes")])
        return [b"pages"]

    @property
    def signer(self) -> TokenSigner:
        return TokenSigner(load_keys(self.settings))

    def pixel(self) -> str:
        """Make a pixel's path."""
        return path_of(build_pixel_url("http://x", self.signer, COPY))

    def link(self, destination: bytes = DESTINATION) -> tuple[str, str]:
        """Make a tracked link's path and query."""
        path, _, query = path_of(build_link("http://x", self.signer, COPY, 3, destination)).partition("?")
        return path, query

    def hits(self) -> list[Hit]:
        """Read what was recorded."""
        content = b"".join(p.read_bytes() for p in self.spool._folder.iterdir() if p.suffix in (".open", ".sealed"))
        return list(parse_records("a", 0, content))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An edge of this test's own."""
    place = Place(tmp_path)
    yield place
    place.spool.close()


def test_a_genuine_pixel_is_the_gif_never_cached_and_recorded_with_its_evidence(place: Place) -> None:
    answer = Answer(place.edge, place.pixel(), HTTP_USER_AGENT="Mail/1", HTTP_REFERER="https://mail.example/in?x=1")
    assert (answer.status, answer.body, len(GIF)) == (200, GIF, 43)
    assert "no-store" in answer.headers["Cache-Control"]
    assert (answer.headers["Content-Type"], answer.headers["Content-Length"]) == ("image/gif", "43")
    assert not {"ETag", "Last-Modified", "Set-Cookie"} & set(answer.headers)
    (hit,) = place.hits()
    assert (hit.kind, hit.copy_id, hit.link_number, hit.method) == (Kind.OPEN, COPY, None, "GET")
    assert (hit.address, hit.user_agent) == ("192.0.2.1", "Mail/1")
    assert hit.headers["referer"] == "https://mail.example"


def test_head_is_answered_without_a_body_and_recorded_as_head(place: Place) -> None:
    path, query = place.link()
    pixel, link = Answer(place.edge, place.pixel(), method="HEAD"), Answer(place.edge, path, query, "HEAD")
    assert (pixel.status, pixel.body, pixel.headers["Content-Length"]) == (200, b"", "43")
    assert (link.status, link.body) == (302, b"")
    assert [hit.method for hit in place.hits()] == ["HEAD", "HEAD"]
    forged = Answer(place.edge, "/c/forged", "u=https://evil.example", "HEAD")
    assert (forged.status, forged.body) == (404, b"")


def test_a_genuine_link_redirects_to_its_destination_byte_for_byte(place: Place) -> None:
    path, query = place.link()
    answer = Answer(place.edge, path, query + "&fbclid=1&u=https://evil.example")
    assert (answer.status, answer.headers["Location"]) == (302, DESTINATION.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    (hit,) = place.hits()
    assert (hit.kind, hit.copy_id, hit.link_number) == (Kind.CLICK, COPY, 3)


@MANY
@given(token=ANYTHING, suffix=st.sampled_from(["", ".gif", "/x.gif"]))
def test_every_pixel_path_is_the_gif_and_a_forged_one_is_not_recorded(place: Place, token: str, suffix: str) -> None:
    answer = Answer(place.edge, f"/o/{token}{suffix}", HTTP_USER_AGENT=token)
    assert (answer.status, answer.body) == (200, GIF)
    assert place.hits() == []


@MANY
@given(token=ANYTHING, query=ANYTHING)
def test_a_forged_link_is_a_plain_page_that_redirects_nowhere(place: Place, token: str, query: str) -> None:
    answer = Answer(place.edge, f"/c/{token}", query)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "Location" not in answer.headers
    assert place.hits() == []


@MANY
@given(position=st.integers(0), byte=st.characters(codec="latin-1"))
def test_one_altered_character_of_a_link_redirects_nowhere_else(place: Place, position: int, byte: str) -> None:
    path, query = place.link()
    whole = f"{path}?{query}"
    position = 3 + position % (len(whole) - 3)
    altered_path, _, altered_query = (whole[:position] + byte + whole[position + 1 :]).partition("?")
    if not altered_path.startswith("/c/"):
        return
    answer = Answer(place.edge, altered_path, altered_query)
    assert answer.status == 404 or answer.headers["Location"] == DESTINATION.decode()


@MANY
@given(agent=ANYTHING, referer=ANYTHING, method=st.sampled_from(["GET", "POST", "BREW", "PROPFIND-EXTENDED"]))
def test_whatever_headers_say_a_genuine_hit_is_answered_and_recorded(
    place: Place, agent: str, referer: str, method: str
) -> None:
    before = len(place.hits())
    answer = Answer(place.edge, place.pixel(), method=method, HTTP_USER_AGENT=agent, HTTP_REFERER=referer)
    assert (answer.status, answer.body) == (200, GIF)
    assert len(place.hits()) == before + 1


def test_keys_rotate_while_serving_and_old_mail_goes_on(place: Place) -> None:
    old, (path, query) = place.pixel(), place.link()
    rotate_key_file(place.settings)
    new = place.pixel()
    assert new != old
    place.edge.tick()
    for pixel in (old, new):
        Answer(place.edge, pixel)
    assert Answer(place.edge, path, query).status == 302
    assert len(place.hits()) == 3


def test_a_spool_that_cannot_be_written_costs_no_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.spool, "_is_full", True)
    path, query = place.link()
    assert Answer(place.edge, place.pixel()).body == GIF
    assert Answer(place.edge, path, query).status == 302
    assert place.spool.lost == 2


def test_all_else_is_the_pages_and_life_is_told_without_them(place: Place) -> None:
    assert Answer(place.edge, "/activity").body == b"pages"
    assert Answer(place.edge, "/p/token").body == b"pages"
    answer = Answer(place.edge, "/healthz")
    assert (answer.status, answer.body) == (200, b'{"status":"ok"}')


def test_care_survives_a_failure(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the spool would neither rotate nor know its limit."""
    asked: list[int] = []

    class Enough(Exception):
        pass

    def tick() -> None:
        asked.append(1)
        raise ValueError("unexpected")

    def sleep(_seconds: float) -> None:
        if len(asked) == 3:
            raise Enough

    monkeypatch.setattr(place.edge, "tick", tick)
    monkeypatch.setattr("core.hits.edge.time.sleep", sleep)
    with pytest.raises(Enough):
        place.edge._care()
