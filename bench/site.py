"""An installation to measure: its data folder with databases of places, messages that were sent, and its tokens."""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from bench.processes import Tree
from bench.visitors import GMAIL, make_address, make_agents, make_google_address, write_databases
from core.accounts.owner import ensure_owner
from core.alerts.rules import create_default_rules
from core.hits.record import encode_record
from core.running.installation import Installation
from core.settings import load_settings
from core.storage.identifiers import create_copy_id, create_id
from core.storage.models import AlertRule, Batch, Copy, Link, Message, Recipient
from tests.support.ports import free_port
from worker.up import prepare

_SECRET = "YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcmstYmVuY2g"
SEGMENT_BYTES = 8 << 20
_AGENTS = 4000


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that is to be made: a token's path, and the headers that tell the visitor."""

    path: str
    copy_id: int
    address: str
    agent: str


class Site:
    """One installation in a folder of its own."""

    def __init__(self, folder: Path, databases: Path, **environment: str) -> None:
        self.port = free_port()
        self.data_dir = folder
        self.environment = {
            "MAILERPLEX_DATA_DIR": str(folder),
            "MAILERPLEX_SECRET_KEYS": _SECRET,
            "MAILERPLEX_TRUSTED_PROXIES": "127.0.0.0/8",
            "PORT": str(self.port),
            **environment,
        }
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "geo").exists():
            shutil.copytree(databases, folder / "geo")
        self.installation = Installation(load_settings(self.environment, data_dir=folder, port=self.port))
        prepare(self.installation)
        self.copies: list[int] = []

    def send(self, count: int, *, subject: str = "An offer for you", with_email: bool = False) -> list[int]:
        """Store messages that were sent an hour ago, each to one recipient with one link; return their copies' ids."""
        now = datetime.now(UTC)
        numbers = range(count)
        messages, copies = [create_id() for _ in numbers], [create_copy_id() for _ in numbers]
        with self.installation.sessions.begin() as session:
            owner = ensure_owner(session, now, create_default_rules)
            if with_email:
                owner.email = "olga@example.com"
                session.add(AlertRule(user_id=owner.id, rule="first_open", channel="email"))
            common = {"workspace_id": owner.workspace_id, "user_id": owner.id, "sender": "olga@example.com"}
            common |= {"mode": "shared", "status": "sent"}
            times = {"sent_at": now - timedelta(hours=1), "created_at": now - timedelta(hours=1)}
            session.execute(
                insert(Message),
                [{"id": messages[n], "subject": f"{subject} {n}", **common, **times} for n in numbers],
            )
            session.execute(insert(Copy), [{"id": copies[n], "message_id": messages[n]} for n in numbers])
            session.execute(insert(Recipient), [_recipient(n, messages[n], copies[n]) for n in numbers])
            session.execute(
                insert(Link), [{"message_id": id_, "number": 0, "url": "https://example.com/"} for id_ in messages]
            )
        self.copies += copies
        return copies

    def visits(self, count: int, seed: int = 1) -> list[Visit]:
        """Draw visits to the pixels of what was sent: half through Gmail's proxy, half by browsers."""
        chance = random.Random(seed)
        agents = make_agents(_AGENTS)
        signer = self.installation.signer
        paths = {copy_id: f"/o/{signer.sign_pixel(copy_id)}.gif" for copy_id in self.copies}
        made = []
        for _ in range(count):
            copy_id = chance.choice(self.copies)
            if chance.random() < 0.5:
                made.append(Visit(paths[copy_id], copy_id, make_google_address(chance), GMAIL))
            else:
                made.append(Visit(paths[copy_id], copy_id, make_address(chance), chance.choice(agents)))
        return made

    def fill_spool(self, hits: int, seconds: float) -> None:
        """Write sealed segments as a web process leaves them, with hits spread over the last `seconds`."""
        spool = self.installation.settings.spool_dir
        spool.mkdir(parents=True, exist_ok=True)
        began = time.time_ns() // 1000 - int(seconds * 1e6)
        chance = random.Random(7)
        lines: list[bytes] = []
        size = 0
        for number, visit in enumerate(self.visits(hits)):
            kind, link = ("c", 0) if chance.random() < 0.2 else ("o", None)
            environ = {"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": visit.agent, "HTTP_ACCEPT": "*/*"}
            at = began + int(number * seconds * 1e6 / hits)
            lines.append(encode_record(kind, at, visit.copy_id, link, visit.address, environ))
            size += len(lines[-1])
            if size >= SEGMENT_BYTES or number == hits - 1:
                (spool / f"{create_id()}.sealed").write_bytes(b"".join(lines))
                lines, size = [], 0

    def run(self, *words: str, before: str = "app") -> Tree:
        """Start `mailerplex WORDS` with this installation's settings."""
        return Tree([sys.executable, "-m", before, *words], self.environment, self.data_dir / "log")

    def count_stored(self) -> int:
        """Count the hits that SQL shows as stored."""
        with self.installation.reading_sessions() as session:
            return session.scalar(select(func.coalesce(func.sum(Batch.hits), 0))) or 0

    def count_spooled(self) -> int:
        """Count the hits that lie in the spool."""
        return sum(
            path.read_bytes().count(b"\n[") for path in self.installation.settings.spool_dir.glob("*.*ed")
        ) + sum(path.read_bytes().count(b"\n[") for path in self.installation.settings.spool_dir.glob("*.open"))

    def close(self) -> None:
        """Close the database."""
        self.installation.engine.dispose()


def _recipient(number: int, message_id: str, copy_id: int) -> dict[str, object]:
    address = f"reader{number}@firm{number % 500}.example"
    return {
        "message_id": message_id,
        "copy_id": copy_id,
        "address": address,
        "address_folded": address,
        "kind": "to",
    }


def wait_for(condition: Callable[[], bool], tree: Tree, seconds: float, *, pause: float = 0.02) -> float:
    """Wait until a condition holds; return the seconds it took. Raises RuntimeError if the process or time ends."""
    began = time.perf_counter()
    while not condition():
        tree.check()
        if time.perf_counter() - began > seconds:
            raise RuntimeError(f"not within {seconds:g} s")
        time.sleep(pause)
    return time.perf_counter() - began


def copy_databases(folder: Path) -> Path:
    """Write the databases of places once, to be copied to each installation."""
    databases = folder / "databases"
    write_databases(databases)
    return databases
