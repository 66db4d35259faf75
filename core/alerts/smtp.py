"""The mail server that `SMTP_URL` names: the setting read, and a connection that is kept open for a while.

Owns TLS, signing in and what the server's answers mean (RFC 5321, 3207, 4954). Knows nothing of alerts.
"""

from __future__ import annotations

import ipaddress
import os
import re
import smtplib
import ssl
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from core.alerts.channels import PassingError, PermanentError
from core.errors import SettingsError

# For each answer of the server. All answers to one mail stay well below the time that an alert is claimed for.
TIMEOUT_SECONDS = 15.0
_KEEP_OPEN_SECONDS = 20.0
_MAILS_PER_CONNECTION = 100
_ADDRESS = re.compile(r"\S+@\S+")
_OPTIONS = frozenset({"from", "tls"})


class Tls(StrEnum):
    """How a connection is encrypted."""

    IMPLICIT = "implicit"  # from the first byte: smtps://
    REQUIRED = "required"  # by STARTTLS, or nothing is sent
    OPPORTUNISTIC = "opportunistic"  # by STARTTLS where the server offers it
    OFF = "off"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """One mail server. `sender` is the address of `?from=`."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str | None = None

    @property
    def is_loopback(self) -> bool:
        """Say whether the server is this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_smtp_url(text: str) -> SmtpServer:
    """Read `smtp://user:secret@host:587/?from=alerts@example.com&tls=required`, or `smtps://…`.

    Raises SettingsError naming SMTP_URL, never showing what it holds of secrets.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=True, keep_blank_values=True)) if parts.query else {}
    except ValueError as error:
        raise _refuse("is not a URL") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        raise _refuse("is not such a URL")
    if parts.path not in ("", "/") or parts.fragment or not options.keys() <= _OPTIONS:
        raise _refuse("has parts that mean nothing here")
    username = unquote(parts.username) if parts.username else None
    return SmtpServer(
        host=parts.hostname,
        port=port or _default_port(parts.scheme, username),
        tls=_parse_tls(parts, options.get("tls")),
        username=username,
        password=unquote(parts.password or "") if username else None,
        sender=_parse_sender(options.get("from")),
    )


def _refuse(what: str) -> SettingsError:
    return SettingsError(
        f"SMTP_URL: {what}; write smtp://user:secret@mail.example.com:587/?from=alerts@example.com or smtps://…"
        " (special characters percent-encoded; options: from, tls=required, tls=opportunistic, tls=off)."
    )


def _default_port(scheme: str, username: str | None) -> int:
    if scheme == "smtps":
        return smtplib.SMTP_SSL_PORT
    return 587 if username else smtplib.SMTP_PORT


def _parse_tls(parts: SplitResult, choice: str | None) -> Tls:
    if parts.scheme == "smtps":
        if choice not in (None, "required"):
            raise _refuse("asks smtps:// to do without TLS")
        return Tls.IMPLICIT
    if choice not in (None, "required", "opportunistic", "off"):
        raise _refuse("has an unknown value of tls")
    return Tls(choice or "opportunistic")


def _parse_sender(text: str | None) -> str | None:
    if text is None:
        return None
    local, _, domain = text.rpartition("@")
    is_address = local and domain and text.isprintable() and not set(text) & set(' <>",;:()[]\\')
    if not is_address or "@" in local:
        raise _refuse("has a 'from' that is no address")
    return text


class SmtpClient:
    """Sends mail by one server; threads take turns on one connection, each process has its own."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        own_name: str = "localhost",
        tls_context: ssl.SSLContext | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._server = server
        self._own_name = own_name
        self._timeout_seconds = timeout_seconds
        self._context = tls_context or self._create_context()
        self._lock = threading.Lock()
        self._connection: smtplib.SMTP | None = None
        self._process = os.getpid()
        self._used_at = 0.0
        self._mails = 0

    def send(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Send one mail. Raises PassingError or PermanentError."""
        with self._lock:
            connection = self._open()
            try:
                connection.send_message(message, sender, [recipient])
            except (OSError, smtplib.SMTPException, ValueError) as error:
                self._drop()
                _translate(error)
            self._mails += 1
            self._used_at = time.monotonic()

    def check(self) -> None:
        """Connect and sign in, as sending would. Raises PassingError."""
        with self._lock:
            self._open()

    def close(self) -> None:
        """End the connection, if any."""
        with self._lock:
            self._drop()

    def _create_context(self) -> ssl.SSLContext:
        """Check certificates, except where nothing is lost: no password, no TLS asked for, or this machine."""
        context = ssl.create_default_context()
        is_casual = self._server.tls is Tls.OPPORTUNISTIC and self._server.username is None
        if is_casual or self._server.is_loopback:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _open(self) -> smtplib.SMTP:
        try:
            return self._reuse() or self._connect()
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._drop()
            raise PassingError(f"The mail server cannot be used: {_describe(error)}") from error

    def _reuse(self) -> smtplib.SMTP | None:
        if self._process != os.getpid():  # forked: the connection is the parent's
            self._connection = None
        is_fresh = time.monotonic() - self._used_at < _KEEP_OPEN_SECONDS and self._mails < _MAILS_PER_CONNECTION
        if self._connection is None or not is_fresh:
            self._drop()
            return None
        try:
            if self._connection.noop()[0] == 250:
                return self._connection
        except (OSError, smtplib.SMTPException):
            pass
        self._drop()
        return None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.tls is Tls.IMPLICIT:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._own_name, timeout=self._timeout_seconds, context=self._context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, self._own_name, timeout=self._timeout_seconds)
        self._connection, self._process, self._mails = connection, os.getpid(), 0
        is_encrypted = server.tls is Tls.IMPLICIT or self._start_tls(connection)
        if server.username is not None:
            if not is_encrypted and not server.is_loopback:
                raise smtplib.SMTPException("it offers no STARTTLS, and the password is not sent in the clear.")
            connection.login(server.username, server.password or "")
        return connection

    def _start_tls(self, connection: smtplib.SMTP) -> bool:
        if self._server.tls is Tls.OFF:
            return False
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=self._context)
            return True
        if self._server.tls is Tls.REQUIRED:
            raise smtplib.SMTPException("it offers no STARTTLS, which SMTP_URL requires.")
        return False

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()


def _translate(error: Exception) -> NoReturn:
    """Say whether another try may help: not after a 5xx answer to this very mail (RFC 5321, 4.2.1)."""
    text = f"The mail was not accepted: {_describe(error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError) or _is_value_error(error) or 500 <= _code(error) < 600:
        raise PermanentError(text) from error
    raise PassingError(text) from error


def _is_value_error(error: Exception) -> bool:
    """Say whether the mail itself cannot be sent, such as to an address in Unicode; a bad certificate is both."""
    return isinstance(error, ValueError) and not isinstance(error, OSError)


def _code(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else 0


def _describe(error: Exception) -> str:
    """Say in one line what the server answered, without any address in it."""
    if _is_value_error(error):  # its text may hold the address
        return f"{type(error).__name__}."
    text = _answer(error) or str(error) or type(error).__name__
    return " ".join(_ADDRESS.sub("…", f"{_code(error) or ''} {text}").split())[:200]


def _answer(error: Exception) -> str:
    answer: bytes | str = ""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answer = next(iter(error.recipients.values()))[1]
    elif isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
    return answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
