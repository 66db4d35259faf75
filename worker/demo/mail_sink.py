"""A real SMTP server on loopback that keeps what it is sent, so that the demonstration can read its own alerts."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class _Keeper:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.has_news = threading.Condition()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.has_news:
            self.mails.append(mail)
            self.has_news.notify_all()
        return "250 OK"


class MailSink:
    """The server; a context manager."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._keeper = _Keeper()
        self._controller = Controller(self._keeper, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        """The SMTP_URL of this server."""
        return f"smtp://127.0.0.1:{self.port}?from=alerts@example.com"

    @property
    def mails(self) -> list[EmailMessage]:
        """What came so far."""
        return list(self._keeper.mails)

    def wait_for(self, count: int, seconds: float) -> bool:
        """Wait until `count` mails are here, `seconds` at most; say whether they are."""
        with self._keeper.has_news:
            return self._keeper.has_news.wait_for(lambda: len(self._keeper.mails) >= count, seconds)

    def __enter__(self) -> MailSink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
