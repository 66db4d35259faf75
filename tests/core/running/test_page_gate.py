"""Pages may hold only so many threads: the rest are asked to return, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from core.running.page_gate import PageGate
from tests.support.children import wait_until


def ask(gate: PageGate, **environ: str) -> tuple[str, bytes]:
    """Make one request; return status and body."""
    statuses: list[str] = []
    body = b"".join(gate({"REQUEST_METHOD": "GET", **environ}, lambda status, headers: statuses.append(status)))
    return statuses[0], body


def test_requests_beyond_the_limit_are_refused_until_others_end() -> None:
    free, inside = threading.Event(), threading.Semaphore(0)

    def wait(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        inside.release()
        assert free.wait(10)
        start_response("200 OK", [])
        return [b"page"]

    gate = PageGate(wait, 2)
    answers: list[tuple[str, bytes]] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(gate))) for _ in range(2)]
    for thread in threads:
        thread.start()
        inside.acquire()
    status, body = ask(gate)
    assert status.startswith("503")
    assert b"try again" in body
    free.set()
    wait_until(lambda: len(answers) == 2, "the others end")
    assert answers == [("200 OK", b"page")] * 2
    assert ask(gate)[0] == "200 OK"


def test_a_page_that_fails_gives_its_place_back() -> None:
    def fail(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError

    gate = PageGate(fail, 1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            ask(gate)


def test_bodies_that_never_come_leave_half_of_the_places_to_pages() -> None:
    free, inside = threading.Event(), threading.Semaphore(0)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "CONTENT_LENGTH" in environ:
            inside.release()
            assert free.wait(10)
        start_response("200 OK", [])
        return [b"page"]

    gate = PageGate(answer, 4)
    threads = [threading.Thread(target=ask, args=(gate,), kwargs={"CONTENT_LENGTH": "1000"}) for _ in range(2)]
    for thread in threads:
        thread.start()
        inside.acquire()
    assert ask(gate, CONTENT_LENGTH="1000")[0].startswith("503")
    assert ask(gate)[0] == "200 OK"
    free.set()
    for thread in threads:
        thread.join(10)
    assert ask(gate, CONTENT_LENGTH="1000")[0] == "200 OK"
