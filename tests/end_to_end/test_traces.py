"""What must not stay anywhere: a message's body, and the full address of whoever visited."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import redis

from tests.conftest import SECRET_KEYS
from tests.end_to_end.conftest import Start
from tests.support import postgres
from tests.support.children import wait_until
from tests.support.installation import RunningInstallation, path_of
from tests.support.traces import find_traces, read_files, read_redis, read_tables

CANARY = "The canary sings of quarterly numbers =3D and plums"
HTML = f'<html><body><p>{CANARY}</p><a href="https://example.com/a">more</a></body></html>'
ADDRESSES = ("81.2.69.142", "2a02:8070:88a4:57c0:ab01:93ff:fe21:7c55")
LONGEST_IN_REDIS_SECONDS = 15 * 60


def everywhere(installation: RunningInstallation, since: float) -> Iterator[tuple[str, bytes]]:
    """Read all that an installation keeps, and temporary files made since."""
    opened = installation.open()
    try:
        yield from read_tables(opened.engine)
    finally:
        opened.engine.dispose()
    yield from read_redis(opened.redis_url)
    yield from read_files(installation.data_dir, installation.log, installation.runtime_folder)
    temporary = Path(tempfile.gettempdir())
    for path in temporary.iterdir():
        try:
            if path.is_file() and path.stat().st_mtime >= since and path.stat().st_size < 10_000_000:
                yield from read_files(path)
        except OSError:
            continue


def _track_by_api(installation: RunningInstallation) -> list[str]:
    body = {
        "subject": "Numbers",
        "sender": "olga@example.com",
        "recipients": [{"address": "ann@example.com"}],
        "html": HTML,
    }
    status, answer = installation.post("/api/v1/messages", body, installation.create_token())
    assert status == 201, answer
    copy = json.loads(answer)["copies"][0]
    assert CANARY in copy["html"]
    return [path_of(copy["pixel_url"]), *(path_of(url) for url in copy["links"].values())]


def _track_by_command(installation: RunningInstallation) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "olga@example.com", "bob@example.com", "Numbers"
    mail["Message-ID"], mail["Date"] = "<a1@example.com>", "Sun, 22 Nov 2026 09:00:00 +0000"
    mail.set_content(CANARY)
    mail.add_alternative(HTML, subtype="html", cte="base64")
    done = subprocess.run(
        [sys.executable, "-m", "app", "track", "--data-dir", str(installation.data_dir)],
        input=mail.as_bytes(),
        env=installation.variables,
        capture_output=True,
        timeout=30,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    summary = next(line for line in done.stderr.splitlines() if line.startswith(b"{"))
    assert json.loads(summary)["tracked"], done.stderr


def _assert_body_is_nowhere(installation: RunningInstallation) -> None:
    since = time.time()
    paths = _track_by_api(installation)
    _track_by_command(installation)
    for path in paths:
        installation.get(path, {"User-Agent": "canary-visitor", "Referer": "https://mail.example/inbox"})
    wait_until(lambda: installation.count_by_marker()["canary-visitor"] == len(paths), "the visits are stored")
    assert find_traces(CANARY, everywhere(installation, since)) == []
    assert find_traces("Numbers", everywhere(installation, since)), "the search itself must be able to find something"


def test_a_body_is_nowhere_after_tracking_with_sqlite(shared: RunningInstallation) -> None:
    _assert_body_is_nowhere(shared)


def test_a_body_is_nowhere_after_tracking_with_postgresql(
    prepare: Start, postgres_cluster: postgres.PostgresCluster
) -> None:
    name = postgres_cluster.create_database()
    installation = prepare(DATABASE_URL=postgres_cluster.url(name), MAILERPLEX_SECRET_KEYS=SECRET_KEYS)
    try:
        installation.start()
        _assert_body_is_nowhere(installation)
    finally:
        installation.remove()
        postgres_cluster.drop_database(name)


def _end_segment_by_age(installation: RunningInstallation) -> None:
    """Leave it to the web process."""


def _end_segment_by_restart(installation: RunningInstallation) -> None:
    assert installation.kill("web-worker")


@pytest.mark.parametrize(
    "end_segment",
    [_end_segment_by_restart, pytest.param(_end_segment_by_age, marks=(pytest.mark.soak, pytest.mark.timeout(150)))],
)
def test_a_full_address_is_only_in_spool_and_queue_and_soon_nowhere(
    shared: RunningInstallation, end_segment: Callable[[RunningInstallation], None]
) -> None:
    since = time.time()
    worker = shared.find("worker")
    assert worker is not None
    worker.suspend()
    marks = [f"{end_segment.__name__}-{address}" for address in ADDRESSES]
    marks = [str(zlib.crc32(mark.encode())) for mark in marks]
    pixel = shared.register(1)[0]
    for address, mark in zip(ADDRESSES, marks, strict=True):
        shared.get(pixel, {"User-Agent": mark, "X-Forwarded-For": f"1.2.3.4, {address}"})
    spool = shared.data_dir / "spool"
    assert _count_traces(read_files(spool)) >= len(ADDRESSES), "they come through, else this shows nothing"
    _assert_queue_forgets_by_itself(shared)
    worker.resume()
    wait_until(lambda: all(shared.count_by_marker()[mark] for mark in marks), "the visits are stored")
    elsewhere = ((place, content) for place, content in everywhere(shared, since) if str(spool) not in place)
    assert _count_traces(elsewhere) == 0
    end_segment(shared)
    wait_until(lambda: _count_traces(read_files(spool)) == 0, "the segment is gone", seconds=90)
    kept = [content for place, content in everywhere(shared, since) if "address_cut" in place]
    assert b"81.2.69.0/24" in kept
    assert b"2a02:8070:88a4::/48" in kept


def _count_traces(sources: Iterable[tuple[str, bytes]]) -> int:
    read = list(sources)
    return sum(len(find_traces(address, read)) for address in ADDRESSES)


def _assert_queue_forgets_by_itself(installation: RunningInstallation) -> None:
    """Whatever key holds an address goes by itself within the time that a full address may live."""
    url = f"unix://{installation.runtime_folder / 'redis.sock'}"
    wait_until(lambda: _count_traces(read_redis(url)) >= len(ADDRESSES), "the batch is queued")
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            values = [content for place, content in read_redis(url) if repr(key) in place]
            if any(address.encode() in value for address in ADDRESSES for value in values):
                assert 0 < client.ttl(key) <= LONGEST_IN_REDIS_SECONDS, key
