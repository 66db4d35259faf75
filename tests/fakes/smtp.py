"""A real mail server on loopback, to be told how to answer: refusals, sign-in, STARTTLS, dropped connections."""

from __future__ import annotations

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port


@dataclass
class Mailbox:
    """What arrived, and how the next mail is answered: a line such as "451 later", or "drop"."""

    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    answer_to_recipient: str | None = None
    answer_to_data: str | None = None
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def mails(self) -> list[EmailMessage]:
        """Read what arrived with the standard library."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]

    def wait(self, count: int, seconds: float = 10) -> list[EmailMessage]:
        """Wait until so many mails arrived."""
        end = time.monotonic() + seconds
        while len(self.raw) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.raw) >= count, f"{len(self.raw)} of {count} mails arrived"
        return self.mails

    # The hooks that aiosmtpd calls.

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Take or refuse a recipient."""
        if self.answer_to_recipient == "drop":
            _cut(server)
        if self.answer_to_recipient:
            return self.answer_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """Take or refuse a mail."""
        if self.answer_to_data == "drop":
            _cut(server)
        if self.answer_to_data:
            return self.answer_to_data
        with self.lock:
            self.raw.append(envelope.content)
            self.senders.append(envelope.mail_from)
            self.recipients.extend(envelope.rcpt_tos)
            self.was_encrypted.append(session.ssl is not None)
        return "250 accepted"


def _cut(server: SMTP) -> None:
    """End a connection without a word."""
    transport: Any = server.transport
    transport.abort()


class _Server(Controller):
    def factory(self) -> SMTP:
        self.handler.connections += 1
        return SMTP(self.handler, hostname="mail.test", **self.SMTP_kwargs)


@dataclass
class FakeSmtp:
    """A running server."""

    port: int
    mailbox: Mailbox

    @property
    def url(self) -> str:
        """The SMTP_URL of it."""
        return f"smtp://127.0.0.1:{self.port}/?from=alerts@example.com"


@contextmanager
def run_smtp(*, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None) -> Iterator[FakeSmtp]:
    """Run a server until the block ends. `tls` offers STARTTLS; `login` asks for it, encrypted or not."""
    mailbox = Mailbox()
    options: dict[str, Any] = {"tls_context": tls, "enable_SMTPUTF8": False}
    if login is not None:
        options |= {"authenticator": _check_login(mailbox, login), "auth_required": True, "auth_require_tls": False}
    server = _Server(mailbox, hostname="127.0.0.1", port=free_port(), ready_timeout=10, **options)
    server.start()
    mailbox.connections = 0  # starting tries one
    try:
        yield FakeSmtp(server.port, mailbox)
    finally:
        server.stop()


def _check_login(mailbox: Mailbox, login: tuple[str, str]) -> Any:
    def check(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        mailbox.logins.append((data.login, data.password))
        return AuthResult(success=(data.login.decode(), data.password.decode()) == login, handled=False)

    return check


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for 127.0.0.1: the server's context, and the file that a client trusts it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context, certificate_file
