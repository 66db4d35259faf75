"""Structured logs of every role: JSON lines on stderr, with what must not be in a log taken out.

Owns their form and their redaction. No token, e-mail address or public IP address passes, at any level, also from
libraries and in tracebacks.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_PATH = re.compile(r"/(o|c|p|signin)/[A-Za-z0-9_\-.~%]{8,}(\?\S*)?")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9_\-.~+/=]{8,}")
_PASSWORD_IN_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]*://)[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]]+@[^\s@<>\"'(),:;\[\]]+")
_LONG_SECRET = re.compile(r"\b(?=[A-Za-z0-9_\-]*[A-Z])(?=[A-Za-z0-9_\-]*[0-9])[A-Za-z0-9_\-]{30,}\b")
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:])")

# Redacting takes longer than its text is long.
_LONGEST = 4000

# Libraries that say too much at info level: RQ writes each job's arguments, which hold hits.
_QUIET = ("rq", "rq.worker", "rq.scheduler", "werkzeug", "_granian", "granian.access", "urllib3", "asyncio")


def configure_logging(level: str, role: str, stream: TextIO | None = None, *, as_json: bool | None = None) -> None:
    """Send all logs of this process to `stream` (stderr), as JSON lines, or coloured text where that is a terminal.

    `level` is debug, info, warning or error; `role` names the process, such as "web".
    """
    target = stream or sys.stderr
    json_lines = not target.isatty() if as_json is None else as_json
    shared = _processors(role)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Processor = structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact_event, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _processors(role: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        _name_role(role),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_error,
    ]


def _name_role(role: str) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("role", role)
        return event

    return add


def describe_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the error's type, its first line and its frames: no values of variables or statements."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if info is True:
        error = sys.exc_info()[1]
    if error is None:
        return event
    event["error"] = type(error).__qualname__
    event["message"] = (str(error).splitlines() or [""])[0]
    event["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    if error.__cause__ is not None:
        event["cause"] = type(error.__cause__).__qualname__
    return event


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redact every text in an event."""
    return {name: _redact_value(value) for name, value in event.items()}


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
    if isinstance(value, list | tuple):
        return [_redact_value(part) for part in value]
    if isinstance(value, dict):
        return {name: _redact_value(part) for name, part in value.items()}
    return value if isinstance(value, int | float | bool | None) else _redact_value(str(value))


def redact(text: str) -> str:
    """Take tokens, passwords, e-mail addresses and public IP addresses out of a text."""
    text = _PASSWORD_IN_URL.sub(r"\g<scheme><secret>@", text)
    text = _SECRET_PATH.sub(r"/\1/<token>", text)
    text = _BEARER.sub(r"\1 <token>", text)
    text = _LONG_SECRET.sub("<secret>", text)
    text = _ADDRESS.sub(_redact_address, text)
    return _IP.sub(_redact_ip, text)


def _redact_address(match: re.Match[str]) -> str:
    return match.group() if "<secret>" in match.group() or "://" in match.group() else "<address>"


def _redact_ip(match: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(match.group())
    except ValueError:
        return match.group()
    return "<ip>" if not (address.is_loopback or address.is_private or address.is_unspecified) else match.group()
