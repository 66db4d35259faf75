"""Recipients' mail clients by the thread: keep-alive connections, each hit with a mark of its own, all times kept."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

_RETRY_SECONDS = 0.02
_ATTEMPT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One hit that was answered in full: its mark, when it was sent (monotonic) and how long the answer took."""

    mark: str
    at: float
    seconds: float


@dataclass
class Visitors:
    """Threads that fetch pixels and follow links until stopped. Use as a context manager."""

    port: int
    paths: Sequence[str]
    threads: int = 4
    pause_seconds: float = 0.02
    label: str = "visitor"
    answers: list[Answer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unanswered: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(seed,)) for seed in range(self.threads)]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def _visit(self, seed: int) -> None:
        choose = random.Random(seed)
        connection = self._connect()
        while not self._stopping.wait(self.pause_seconds):
            mark = f"{self.label}-{next(self._numbers)}"
            path = choose.choice(self.paths)
            started = time.monotonic()
            try:
                connection.request(choose.choice(("GET", "GET", "GET", "HEAD")), path, headers={"User-Agent": mark})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                connection.close()
                connection = self._connect()
                time.sleep(_RETRY_SECONDS)
                continue
            self._note(Answer(mark, started, time.monotonic() - started), path, response)
        connection.close()

    def _note(self, answer: Answer, path: str, response: http.client.HTTPResponse) -> None:
        expected = 200 if path.startswith("/o/") else 302
        if response.status != expected:
            self.wrong.append(f"{response.status} for {path[:3]}")
        self.answers.append(answer)

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ATTEMPT_SECONDS)

    def percentile(self, share: float, since: float, until: float) -> float:
        """Return how long answers took between two times, at this share of them, in seconds."""
        times = sorted(answer.seconds for answer in self.answers if since <= answer.at <= until)
        assert times, "nobody was answered meanwhile"
        return times[min(len(times) - 1, int(len(times) * share))]
