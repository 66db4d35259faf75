"""A whole installation as a user runs it: `mailerplex up` on a free port with a data folder of its own.

Owns starting, killing and stopping the real processes, and looking at what they stored.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from sqlalchemy import func, select

from core.accounts.api_tokens import create_api_token
from core.accounts.owner import ensure_owner
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.register import register_message
from core.running.installation import Installation
from core.running.redis_server import runtime_folder
from core.settings import load_settings
from core.storage.models import Event
from tests.support.children import start_child, wait_until
from tests.support.ports import free_port

DESTINATION = "https://example.com/offer?a=1"
_ROLES = {
    "shipper": ("-m", "app", "shipper"),
    "worker": ("-m", "app", "worker", "--queue", "hits"),
    "alerts": ("-m", "app", "worker", "--queue", "alerts"),
    "scheduler": ("-m", "app", "scheduler"),
}


class RunningInstallation:
    """One installation. Stop it with `remove`, whatever happened to it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.data_dir = folder / "data"
        self.log = folder / "up.log"
        self.port = free_port()
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self._seen: list[psutil.Process] = []

    @property
    def variables(self) -> dict[str, str]:
        """The environment of its commands."""
        ours = ("MAILERPLEX_", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | self._environment

    def command(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command of this installation to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app", *words, "--data-dir", str(self.data_dir)],
            env=self.variables,
            capture_output=True,
            timeout=30,
            cwd="/",
        )

    def start(self) -> None:
        """Start it and wait until it answers and is ready to store."""
        self.launch()
        wait_until(self._is_ready, f"ready; see {self.log}", seconds=30)

    def launch(self, *role: str) -> None:
        """Start it, or one role of it, without waiting."""
        words = role or ("up", "--port", str(self.port))
        command = [sys.executable, "-m", "app", *words, "--data-dir", str(self.data_dir)]
        self.process = start_child(command, log=self.log, environment=self.variables, death_signal=signal.SIGTERM)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.read_log()[-2000:]
        time.sleep(0.1)  # asking takes what starting needs
        try:
            parts = self.readiness()["parts"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return False
        return bool(parts.get("worker_hits", {}).get("workers"))

    def readiness(self) -> dict[str, Any]:
        """Return what /readyz says."""
        answer: dict[str, Any] = json.loads(self.get("/readyz")[1])
        return answer

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> tuple[int, bytes]:
        """Make one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def post(self, path: str, body: object, token: str) -> tuple[int, bytes]:
        """Call the API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def open(self) -> Installation:
        """Open its database and keys from this process; dispose of its engine when done."""
        return Installation(load_settings(self.variables, data_dir=self.data_dir, port=self.port))

    @property
    def runtime_folder(self) -> Path:
        """Where the embedded Redis has its socket."""
        return runtime_folder(load_settings(self.variables, data_dir=self.data_dir, port=self.port))

    def register(self, count: int) -> list[str]:
        """Register messages; return the paths of their pixels and links, in turn."""
        installation = self.open()
        paths = []
        now = datetime.now(UTC)
        try:
            with installation.sessions.begin() as session:
                owner = ensure_owner(session, now)
                for number in range(count):
                    draft = MessageDraft(
                        subject=f"Offer {number}",
                        sender="olga@example.com",
                        recipients=(DraftRecipient(f"person{number}@example.net"),),
                        links=(DESTINATION,),
                    )
                    made = register_message(
                        session, installation.signer, installation.settings.tracking_url, owner, draft, now
                    )
                    paths += [path_of(made.copies[0].pixel_url), path_of(made.copies[0].links[DESTINATION])]
        finally:
            installation.engine.dispose()
        return paths

    def create_token(self) -> str:
        """Make an API token of the owner."""
        installation = self.open()
        try:
            with installation.sessions.begin() as session:
                now = datetime.now(UTC)
                return create_api_token(session, ensure_owner(session, now), "tests", now)
        finally:
            installation.engine.dispose()

    def count_by_marker(self) -> Counter[str]:
        """Count the stored events by their user agent."""
        installation = self.open()
        try:
            with installation.reading_sessions() as session:
                rows = session.execute(select(Event.user_agent, func.count()).group_by(Event.user_agent))
                return Counter({agent or "": count for agent, count in rows})
        finally:
            installation.engine.dispose()

    def processes(self) -> list[psutil.Process]:
        """List all its processes, `up` first."""
        assert self.process is not None
        try:
            top = psutil.Process(self.process.pid)
            found = [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
        self._seen += [process for process in found if process not in self._seen]
        return found

    def find(self, role: str) -> psutil.Process | None:
        """Find a role's process: web (the server), web-worker, redis, shipper, worker, alerts or scheduler."""
        for process in self.processes()[1:]:
            try:
                if _is_role(process, role):
                    return process
            except psutil.Error:
                continue
        return None

    def kill(self, role: str) -> bool:
        """End a role's process as the kernel's out-of-memory killer would; say whether there was one."""
        process = self.find(role)
        if process is None:
            return False
        try:
            process.kill()
        except psutil.NoSuchProcess:
            return False
        return True

    def stop(self, number: int = signal.SIGTERM, *, seconds: float = 12.0) -> int:
        """Stop it with a signal; return its exit status. Fails if anything of it is left."""
        assert self.process is not None
        self.processes()
        self.process.send_signal(number)
        status = self.process.wait(seconds)
        wait_until(lambda: not self.survivors(), f"all ended, left: {self.survivors()}", seconds=seconds)
        return status

    def survivors(self) -> list[psutil.Process]:
        """List those of its processes that still live, even if `up` is gone."""
        return [p for p in self._seen if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def remove(self) -> None:
        """End whatever is left of it."""
        if self.process is not None:
            self.processes()
            self.process.terminate()
            try:
                self.process.wait(12)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for process in self.survivors():
            process.kill()

    def read_log(self) -> str:
        """Return all that it said."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


def _is_role(process: psutil.Process, role: str) -> bool:
    words = _command_words(process)
    if role in _ROLES:
        return words[1 : 1 + len(_ROLES[role])] == _ROLES[role]
    if role == "redis":
        return "redis-server" in " ".join(words)
    is_web = words[1:4] == ("-m", "app", "web")
    parent = process.parent()
    is_inner = parent is not None and _command_words(parent)[1:4] == ("-m", "app", "web")
    return is_web and is_inner == (role == "web-worker")


def _command_words(process: psutil.Process) -> tuple[str, ...]:
    """Return its command line without Python's own option."""
    return tuple(word for word in process.cmdline() if word != "-P")


def path_of(url: str) -> str:
    """Return a URL's path and query."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
