"""Microsoft Graph's client against a server that is as strict as Graph's documentation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response

from connectors.outlook.client import GraphClient
from core.errors import ProviderError, ReauthorisationError, UnavailableError
from tests.fakes.graph import GraphServer, refuse, serve_graph

MAIL = b"From: ann@example.com\r\nTo: ann@example.com\r\nSubject: Hello\r\n\r\n\xc3\xa4\r\n"


@pytest.fixture
def server() -> Iterator[GraphServer]:
    """Graph on loopback."""
    with serve_graph() as server:
        server.scopes = {"good": {"Mail.Send"}, "newer": {"Mail.Send"}, "narrow": {"User.Read"}}
        yield server


def make_client(server: GraphServer, *tokens: str, timeout_seconds: float = 5) -> GraphClient:
    """Make a client that is handed these tokens one after another."""
    left = list(tokens)
    return GraphClient(lambda _rejected: left.pop(0), server.url, timeout_seconds=timeout_seconds)


def test_a_mail_is_sent_as_it_is(server: GraphServer) -> None:
    assert make_client(server, "good").send_message(MAIL) is None
    assert server.mails == [MAIL]


def test_a_refused_token_is_renewed_once(server: GraphServer) -> None:
    make_client(server, "ended", "newer").send_message(MAIL)
    assert (server.tokens, len(server.mails)) == (["ended", "newer"], 1)
    with pytest.raises(ReauthorisationError):
        make_client(server, "ended", "ended too").send_message(MAIL)


def test_a_token_without_the_scope_means_that_it_was_not_granted(server: GraphServer) -> None:
    with pytest.raises(ReauthorisationError):
        make_client(server, "narrow").send_message(MAIL)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (refuse(429, "ApplicationThrottled", {"Retry-After": "12"}), 12.0),
        (refuse(500, "generalException"), None),
        (Response("<html>", 504), None),
    ],
)
def test_what_passes_says_when_to_come_back_and_is_not_repeated(
    server: GraphServer, answer: Response, seconds: float | None
) -> None:
    server.script = [answer]
    with pytest.raises(UnavailableError) as caught:
        make_client(server, "good").send_message(MAIL)
    assert caught.value.retry_after_seconds == seconds
    assert len(server.tokens) == 1


def test_an_account_without_a_mailbox_is_refused_for_good(server: GraphServer) -> None:
    server.script = [refuse(404, "MailboxNotEnabledForRESTAPI")]
    with pytest.raises(ProviderError, match="no mailbox"):
        make_client(server, "good").send_message(MAIL)


def test_a_redirect_is_not_followed_with_the_token(server: GraphServer) -> None:
    server.script = [Response("", 302, {"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(ProviderError):
        make_client(server, "good").send_message(MAIL)


def test_an_answer_that_stays_away_ends_the_call(server: GraphServer) -> None:
    server.script = [2.0]
    with pytest.raises(UnavailableError, match="could not be asked"):
        make_client(server, "good", timeout_seconds=0.2).send_message(MAIL)
