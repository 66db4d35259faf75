from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from core.logs import configure_logging, redact


@pytest.fixture
def written() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log to memory as JSON; call it for the lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("info", "web", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def test_both_kinds_of_loggers_write_json_with_role_and_request(written: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.contextvars.bind_contextvars(request_id="abc")
    structlog.get_logger("ours").info("request", status=200)
    logging.getLogger("theirs").warning("it took %d s", 3)
    logging.getLogger("theirs").debug("not at this level")
    ours, theirs = written()
    assert (ours["event"], ours["status"], ours["role"], ours["request_id"]) == ("request", 200, "web", "abc")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("it took 3 s", "warning", "theirs")
    assert ours["timestamp"].endswith("Z")


def test_an_error_is_logged_by_type_and_place_without_the_values_it_met(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    try:
        raise ValueError("Key (email)=(ann@example.com) exists\n[SQL: INSERT INTO users VALUES ('secret subject')]")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
        logging.getLogger("theirs").exception("failed")
    for line in written():
        assert line["error"] == "ValueError"
        assert any("test_logs.py" in frame for frame in line["frames"])
        assert "secret subject" not in json.dumps(line)
        assert "ann@example.com" not in json.dumps(line)


SECRETS = {
    "mail to ann.o'hara+x@sub.example.com failed": "ann.o",
    "GET /o/1AbCdEfGhIjKlMnOpQrStUv.gif 200": "AbCdEfGhIjKl",
    "GET /c/1AbCdEfGhIjKlMnOpQrStUv?u=https://example.com/private 302": "private",
    "POST /signin/fXgEQh85dpz0XNeMUGKOPprJVUnzrW8MzKQSfHn9maM": "fXgEQh85",
    "Authorization: Bearer mpx_1234567890abcdef": "1234567890",
    "connect postgresql://user:pa55word@db/mail": "pa55word",
    "from 203.0.113.7 and 8.8.8.8": "8.8.8.8",
    "from 2a00:1450:4001:81b::200e today": "2a00:1450",
    "token fXgEQh85dpz0XNeMUGKOPprJVUnzrW8MzKQSfHn9maM": "fXgEQh85",
}


@pytest.mark.parametrize("text", list(SECRETS))
def test_secrets_and_addresses_do_not_pass(text: str, written: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.get_logger("ours").error(text, deep={"list": [text]}, thing=ValueError(text))
    assert SECRETS[text] not in json.dumps(written())


@pytest.mark.parametrize(
    "text",
    [
        "started on http://127.0.0.1:8000 at 10.0.0.5, 12:30:45",
        "segment 4f2a9c took 1.5 s, version 2026.11.1, 0.0.0.0",
        "core.web.pages.rendering_of_a_long_module_name failed",
        "postgresql://db.internal:5432/mail",
        "0193e8f2a5b47c0d9e1f2a3b4c5d6e7f",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


def test_libraries_that_say_too_much_are_quiet(written: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("rq.worker").info("default: store_batch('payload with 203.0.113.7')")
    logging.getLogger("werkzeug").info("GET /signin/secret")
    assert written() == []
