"""Plays the demonstration: starts an installation of its own, sends, visits, waits for verdicts and alerts, tells."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.accounts.api_tokens import create_api_token
from core.accounts.owner import find_or_name_owner
from core.accounts.signin import create_signin_link
from core.alerts.rules import create_email_defaults
from core.errors import UnavailableError
from core.messages.track import track_message
from core.running.installation import Installation
from core.running.processes import die_with_parent
from core.settings import Settings, load_settings
from worker.demo.browser import Api, ReceivedMail, visit
from worker.demo.mail_sink import MailSink
from worker.demo.report import describe_alerts, describe_timeline
from worker.demo.scenario import SENDER, SENDERS_OWN, SUBJECT, VISITORS, Visit, build_mail
from worker.tree import role_command

# All of it fits into 20 seconds, the ending included; on a machine that is busy, what must be waited for is.
_START_SECONDS = 60.0
_JUDGED_SECONDS = 30.0
_ALERTS_BY_SECONDS = 15.0
_SENDER_LATER_SECONDS = 3.5
_STOP_SECONDS = 12.0
_POLL_SECONDS = 0.1


def play(*, keep: bool = False) -> bool:
    """Play it all; return whether every visitor was told for what they are and the alert came."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mailerplex-demo-") as folder, MailSink() as sink:
        settings = _make_settings(Path(folder), sink)
        with _running(settings):
            return _Play(settings, sink, began).run(keep=keep)


def _make_settings(folder: Path, sink: MailSink) -> Settings:
    """Make settings that owe nothing to the installation at hand."""
    environ = {
        "MAILERPLEX_DATA_DIR": str(folder / "data"),
        "PORT": str(_free_port()),
        "SMTP_URL": sink.url,
        # The visitors come from addresses of their own, by way of a proxy on this machine.
        "MAILERPLEX_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    return load_settings(environ)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(settings: Settings) -> Iterator[None]:
    """Run `up` in a process tree of its own; its words go to a file beside its data."""
    kept = {name: value for name, value in os.environ.items() if not _is_setting(name)}
    environment = kept | {
        "MAILERPLEX_DATA_DIR": str(settings.data_dir),
        "PORT": str(settings.port),
        "SMTP_URL": settings.smtp_url or "",
        "MAILERPLEX_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    log_path = settings.data_dir.parent / "log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  (our own command)
            role_command("up"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            preexec_fn=die_with_parent,
            process_group=0,
        )
        try:
            _wait_until_up(process, log_path)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_setting(name: str) -> bool:
    ours = ("MAILERPLEX_", "GOOGLE_", "MICROSOFT_", "SLACK_", "GEOIP_", "MAXMIND_")
    return name.startswith(ours) or name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PORT")


def _wait_until_up(process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while b"is running" not in log_path.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            last = log_path.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing was said"]
            raise UnavailableError(f"The demonstration's installation did not start: {last[0]}")
        time.sleep(_POLL_SECONDS / 2)


class _Play:
    def __init__(self, settings: Settings, sink: MailSink, began: float) -> None:
        self._settings = settings
        self._sink = sink
        self._began = began
        self._installation = Installation(settings)
        self._copies: dict[str, ReceivedMail] = {}

    def run(self, *, keep: bool) -> bool:
        api, message_id = self._send()
        for visitor in VISITORS:
            _say(visitor.who)
            for each in visitor.visits:
                self._visit(each)
        visited_at = time.monotonic()
        self._sink.wait_for(1, _JUDGED_SECONDS)
        time.sleep(max(0.0, visited_at + _SENDER_LATER_SECONDS - time.monotonic()))
        _say("You look at your own sent mail, with the sidebar open")
        api.call("POST", f"/messages/{message_id}/viewed", b"{}")
        self._visit(SENDERS_OWN)
        expected = sorted((each.recipient, each.expected.value) for each in _all_visits())
        events = self._wait_for_events(api, message_id, lambda found: _verdicts(found) == expected)
        _say("Waiting for the click's alert: for 12 seconds it might still prove a scanner's")
        self._sink.wait_for(3, max(0.0, self._began + _ALERTS_BY_SECONDS - time.monotonic()))
        self._print(events)
        is_right = _verdicts(events) == expected and bool(self._sink.mails)
        if keep:
            self._keep()
        return is_right

    def _send(self) -> tuple[Api, str]:
        """Track the message as if it had been sent an hour ago; return the API and the message's id."""
        now = datetime.now(UTC)
        with self._installation.sessions.begin() as session:
            owner = find_or_name_owner(session, SENDER)
            create_email_defaults(session)
            token = create_api_token(session, owner, "demo", now)
        mail = track_message(
            self._installation.sessions,
            self._installation.signer,
            self._settings.tracking_url,
            owner,
            build_mail(),
            now - timedelta(hours=1),
            per_recipient=True,
        )
        for copy in mail.copies:
            self._copies[copy.recipients[0]] = ReceivedMail(copy.render())
        assert mail.message_id is not None
        _say(f"“{SUBJECT}” is tracked: {len(mail.copies)} copies, {len(mail.links)} links each")
        return Api(self._settings.public_url, token), mail.message_id

    def _visit(self, each: Visit) -> None:
        visit(self._copies[each.recipient].choose(each), each)

    @staticmethod
    def _wait_for_events(api: Api, message_id: str, is_done: Callable[[Any], bool]) -> list[dict[str, Any]]:
        deadline = time.monotonic() + _JUDGED_SECONDS
        while True:
            events: list[dict[str, Any]] = api.call("GET", f"/messages/{message_id}/events?limit=500")["items"]
            if is_done(events) or time.monotonic() > deadline:
                return events
            time.sleep(_POLL_SECONDS)

    def _print(self, events: list[dict[str, Any]]) -> None:
        print(f"\nThe timeline of “{SUBJECT}” (UTC):\n")
        print("\n".join(describe_timeline(events)))
        mails = self._sink.mails
        print(f"\nAlerts by e-mail, {len(mails)} in all; the machines raised none:\n")
        print("\n".join(describe_alerts(mails)), flush=True)

    def _keep(self) -> None:
        with self._installation.sessions.begin() as session:
            owner = find_or_name_owner(session, SENDER)
            link = create_signin_link(session, owner, self._settings.public_url, datetime.now(UTC))
        _say(f"\nIt goes on running; look around: {link}\nCtrl-C ends it and removes its data.")
        try:
            signal.pause()
        except KeyboardInterrupt:
            _say("")


def _all_visits() -> list[Visit]:
    return [each for visitor in VISITORS for each in visitor.visits] + [SENDERS_OWN]


def _verdicts(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((event["recipient"] or "", event["verdict"]) for event in events)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
