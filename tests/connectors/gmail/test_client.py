"""Gmail's client against a server that holds each request against Google's discovery document."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response

from connectors.gmail.client import GmailClient
from core.errors import ProviderError, ReauthorisationError, UnavailableError
from tests.fakes.google.gmail import SENT_ID, GmailServer, refuse, serve_gmail

SEND = "https://www.googleapis.com/auth/gmail.send"
MAIL = b"From: ann@example.com\r\nTo: ann@example.com\r\nSubject: Hello\r\n\r\n\xc3\xa4\r\n"


@pytest.fixture
def server() -> Iterator[GmailServer]:
    """Gmail on loopback."""
    with serve_gmail() as server:
        server.scopes = {"good": {SEND}, "newer": {SEND}, "narrow": {"https://www.googleapis.com/auth/gmail.metadata"}}
        yield server


def make_client(server: GmailServer, *tokens: str, timeout_seconds: float = 5) -> GmailClient:
    """Make a client that is handed these tokens one after another."""
    left = list(tokens)
    return GmailClient(lambda _rejected: left.pop(0), server.url, timeout_seconds=timeout_seconds)


def test_a_mail_is_sent_as_it_is_and_its_id_comes_back(server: GmailServer) -> None:
    assert make_client(server, "good").send_message(MAIL) == SENT_ID
    assert (server.mails, server.complaints) == ([MAIL], [])


def test_a_refused_token_is_renewed_once_and_named_when_asking_for_a_newer_one(server: GmailServer) -> None:
    asked: list[str | None] = []

    def hand_out(rejected: str | None) -> str:
        asked.append(rejected)
        return "newer" if rejected else "ended"

    assert GmailClient(hand_out, server.url).send_message(MAIL) == SENT_ID
    assert (asked, server.tokens) == ([None, "ended"], ["ended", "newer"])


def test_a_token_refused_again_means_that_only_the_user_can_help(server: GmailServer) -> None:
    with pytest.raises(ReauthorisationError):
        make_client(server, "ended", "ended too").send_message(MAIL)
    assert len(server.tokens) == 2


def test_a_token_without_the_scope_means_that_it_was_not_granted(server: GmailServer) -> None:
    with pytest.raises(ReauthorisationError):
        make_client(server, "narrow").send_message(MAIL)
    assert server.mails == []


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (refuse(429, "rateLimitExceeded", {"Retry-After": "7"}), 7.0),
        (refuse(403, "userRateLimitExceeded"), None),
        (refuse(403, "dailyLimitExceeded", {"Retry-After": "tomorrow"}), None),
        (refuse(500), None),
        (Response("<html>", 503, {"Retry-After": "30"}), 30.0),
    ],
)
def test_what_passes_says_when_to_come_back_and_is_not_repeated(
    server: GmailServer, answer: Response, seconds: float | None
) -> None:
    server.script = [answer]
    with pytest.raises(UnavailableError) as caught:
        make_client(server, "good").send_message(MAIL)
    assert caught.value.retry_after_seconds == seconds
    assert len(server.tokens) == 1


def test_an_api_that_is_not_enabled_is_named(server: GmailServer) -> None:
    server.script = [refuse(403, "accessNotConfigured")]
    with pytest.raises(ProviderError, match="not enabled") as caught:
        make_client(server, "good").send_message(MAIL)
    assert caught.value.status == 403


def test_a_refusal_for_good_says_its_status_and_nothing_that_google_wrote(server: GmailServer) -> None:
    server.script = [refuse(400, "invalidArgument")]
    with pytest.raises(ProviderError, match=r"^Google refused with 400\.$"):
        make_client(server, "good").send_message(MAIL)


def test_an_answer_that_stays_away_ends_the_call(server: GmailServer) -> None:
    server.script = [2.0]
    with pytest.raises(UnavailableError, match="could not be asked"):
        make_client(server, "good", timeout_seconds=0.2).send_message(MAIL)


def test_a_server_that_is_gone_is_said_in_our_words() -> None:
    with pytest.raises(UnavailableError, match="could not be asked"):
        GmailClient(lambda _: "good", "http://127.0.0.1:9", timeout_seconds=1).send_message(MAIL)


def test_what_the_token_source_raises_comes_through(server: GmailServer) -> None:
    def hand_out(_rejected: str | None) -> str:
        raise ReauthorisationError("gone")

    with pytest.raises(ReauthorisationError, match="gone"):
        GmailClient(hand_out, server.url).send_message(MAIL)
