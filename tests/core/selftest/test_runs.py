"""The self-test in one process: begun, sent, its pixel fetched over HTTP, stored and judged; and every way to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.serving import make_server

from core.alerts.planning import plan_alerts
from core.errors import ProviderError, ReauthorisationError, UnavailableError
from core.hits.record import encode_record
from core.hits.store import HitStore
from core.keys import KeyRing
from core.samples.visitors import describe_visitor
from core.selftest.carrying import Tools, carry_out
from core.selftest.letter import SUBJECT
from core.selftest.probe import USER_AGENT
from core.selftest.runs import PATIENCE, Run, begin_run, find_run, remove_run
from core.selftest.senders import SMTP_WAY, Way
from core.settings import Settings
from core.signal.evidence import Verdict
from core.storage.engine import Sessions
from core.storage.models import Alert, Message, SelfTest, User
from core.tokens import TokenSigner
from core.web.pages.start.progress import describe_run

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GIF = b"GIF89a" + bytes(37)
VIA_SMTP = Way(SMTP_WAY, "alerts@example.com")


@dataclass
class PixelServer:
    """Answers as an edge does, or otherwise; remembers the requests."""

    url: str = ""
    status: str = "200 OK"
    body: bytes = GIF
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.requests.append(environ)
        start_response(self.status, [("Content-Type", "image/gif"), ("Location", "http://127.0.0.1:9/")])
        return [self.body]


@dataclass
class Outbox:
    """Implements `MailSender`: keeps what is sent, or fails."""

    error: Exception | None = None
    mails: list[bytes] = field(default_factory=list)

    def send_message(self, raw: bytes) -> str | None:
        """Keep it."""
        if self.error is not None:
            raise self.error
        self.mails.append(raw)
        return None


@pytest.fixture
def server() -> Iterator[PixelServer]:
    """The tracking URL on loopback."""
    pixels = PixelServer()
    http = make_server("127.0.0.1", 0, pixels, threaded=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    pixels.url = f"http://127.0.0.1:{http.server_port}"
    yield pixels
    http.shutdown()
    thread.join(10)
    http.server_close()


@pytest.fixture
def outbox() -> Outbox:
    """What was sent."""
    return Outbox()


@pytest.fixture
def tools(settings: Settings, sessions: Sessions, signer: TokenSigner, outbox: Outbox) -> Tools:
    """What runs are carried out with."""
    return Tools(
        settings, sessions, lambda: signer, {"google": lambda _id: outbox}, (outbox, VIA_SMTP.sender), lambda: NOW
    )


def begin(tools: Tools, owner: User, url: str, way: Way | None = VIA_SMTP) -> str:
    """Begin a run."""
    with tools.sessions.begin() as session:
        user = session.get_one(User, owner.id)
        return begin_run(session, tools.signer(), url, "https://mail.example/start", user, way, NOW)


def look(tools: Tools, owner: User) -> Run:
    """Return how the run stands."""
    with tools.sessions() as session:
        run = find_run(session, owner.id)
    assert run is not None
    return run


def store_hit(tools: Tools, ring: KeyRing, environ: dict[str, Any]) -> None:
    """Store a request to the pixel as the hit path does."""
    token = environ["PATH_INFO"].removeprefix("/o/").removesuffix(".gif")
    copy_id = tools.signer().verify_pixel(token)
    line = encode_record("o", round(NOW.timestamp() * 1_000_000), copy_id, None, "203.0.113.9", environ)
    HitStore(tools.sessions, describe_visitor, ring, plan_alerts, lambda: NOW).store("s", 0, len(line), line)


def test_a_run_is_sent_fetched_stored_and_judged_as_ourselves(
    tools: Tools, owner: User, server: PixelServer, outbox: Outbox, ring: KeyRing
) -> None:
    carry_out(tools, owner.id, begin(tools, owner, server.url))
    [mail] = map(message_from_bytes, outbox.mails)
    assert (mail["To"], mail["From"], mail["Subject"]) == (owner.email, VIA_SMTP.sender, SUBJECT)
    [seen] = server.requests
    assert seen["HTTP_USER_AGENT"] == USER_AGENT
    assert seen["PATH_INFO"].encode() in outbox.mails[0].replace(b"=\r\n", b"")
    assert look(tools, owner).own_sighting is None
    store_hit(tools, ring, seen)
    run = look(tools, owner)
    assert run.own_sighting is not None
    assert run.own_sighting.verdict is Verdict.SCANNER
    shown = describe_run(run, NOW)
    assert [stage.state for stage in shown.stages] == ["done"] * 4
    assert "no reader" in shown.stages[3].text
    with tools.sessions() as session:
        message = session.scalars(select(Message)).one()
        assert (message.is_test, message.is_sample) == (True, True)
        assert session.scalar(select(func.count()).select_from(Alert)) == 0


def test_what_somebody_else_opens_shows_beside_our_own_fetch(
    tools: Tools, owner: User, server: PixelServer, ring: KeyRing
) -> None:
    carry_out(tools, owner.id, begin(tools, owner, server.url))
    opened = {**server.requests[0], "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Thunderbird/128.0"}
    store_hit(tools, ring, opened)
    run = look(tools, owner)
    assert run.own_sighting is None
    assert [seen.is_ours for seen in run.other_sightings] == [False]
    assert describe_run(run, NOW).sightings[0][1] == "You"


def test_a_run_is_carried_out_once_and_an_older_one_not_at_all(
    tools: Tools, owner: User, server: PixelServer, outbox: Outbox
) -> None:
    older = begin(tools, owner, server.url)
    newer = begin(tools, owner, server.url)
    for run_id in (older, newer, newer):
        carry_out(tools, owner.id, run_id)
    assert (len(outbox.mails), len(server.requests)) == (1, 1)
    with tools.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_without_a_way_to_send_the_rest_is_proved_all_the_same(
    tools: Tools, owner: User, server: PixelServer, outbox: Outbox
) -> None:
    carry_out(tools, owner.id, begin(tools, owner, server.url, None))
    shown = describe_run(look(tools, owner), NOW)
    assert [stage.state for stage in shown.stages[:2]] == ["skipped", "done"]
    assert outbox.mails == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ReauthorisationError("Google no longer honours what was granted."), "Connect the account again"),
        (UnavailableError("Google asks to come back later (429).", retry_after_seconds=7), "in 7 seconds"),
        (ProviderError("The Gmail API is not enabled."), "not enabled"),
        (RuntimeError("ann@example.com said no"), "failed unexpectedly (RuntimeError)"),
    ],
)
def test_a_failed_sending_says_how_to_mend_it_and_the_pixel_is_tried_anyway(
    tools: Tools, owner: User, server: PixelServer, outbox: Outbox, error: Exception, words: str
) -> None:
    outbox.error = error
    carry_out(tools, owner.id, begin(tools, owner, server.url, Way("google", owner.email, "0" * 32)))
    run = look(tools, owner)
    assert run.send_problem is not None
    assert words in run.send_problem
    assert "ann@example.com" not in run.send_problem
    assert run.fetched_at is not None
    assert describe_run(run, NOW).outcome == "bad"


@pytest.mark.parametrize(("status", "body"), [("302 Found", b""), ("200 OK", b"<html>"), ("404 Not Found", GIF)])
def test_another_program_at_the_address_is_told_from_ours(
    tools: Tools, owner: User, server: PixelServer, status: str, body: bytes
) -> None:
    server.status, server.body = status, body
    carry_out(tools, owner.id, begin(tools, owner, server.url))
    run = look(tools, owner)
    assert "another program" in (run.fetch_problem or "")
    assert len(server.requests) == 1


def test_an_address_where_nothing_answers_is_said(tools: Tools, owner: User) -> None:
    carry_out(tools, owner.id, begin(tools, owner, "http://127.0.0.1:9"))
    run = look(tools, owner)
    assert "Nothing answers at http://127.0.0.1:9" in (run.fetch_problem or "")
    assert "/o/" not in (run.fetch_problem or "")


def test_a_run_that_nobody_takes_or_ends_is_not_waited_for(tools: Tools, owner: User) -> None:
    begin(tools, owner, "http://127.0.0.1:9")
    waiting = look(tools, owner)
    assert not waiting.is_overdue(NOW + PATIENCE)
    late = NOW + PATIENCE * 2
    assert waiting.is_overdue(late)
    assert "No worker took it up" in describe_run(waiting, late).stages[0].text
    assert "gone silent" in describe_run(replace(waiting, taken_at=NOW), late).stages[0].text


def test_removing_a_run_takes_its_message_along(tools: Tools, owner: User, server: PixelServer) -> None:
    carry_out(tools, owner.id, begin(tools, owner, server.url))
    with tools.sessions.begin() as session:
        remove_run(session, owner.id)
    with tools.sessions() as session:
        assert find_run(session, owner.id) is None
        assert session.scalar(select(func.count()).select_from(Message)) == 0
        assert session.scalar(select(func.count()).select_from(SelfTest)) == 0
