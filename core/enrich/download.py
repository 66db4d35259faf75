"""Fetching files with every bound in place: size, time, and what comes out of an archive.

Each failure is a `FetchError` of one line that holds no credentials.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from core.errors import UnavailableError

CONNECT_SECONDS = 6.1
READ_SECONDS = 30.0
WHOLE_SECONDS = 900.0

_CHUNK = 1 << 18
_REPORT_EVERY = 16 << 20

Report = Callable[[str], None]


class FetchError(UnavailableError):
    """A file could not be fetched or unpacked. `status` is the HTTP status where one came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def fetch_bytes(url: str, limit: int) -> bytes:
    """Return the body at `url`, at most `limit` bytes."""
    return b"".join(_stream(url, limit, None))


def fetch_file(
    url: str, path: Path, limit: int, *, auth: tuple[str, str] | None = None, report: Report | None = None
) -> None:
    """Write the body at `url`, at most `limit` bytes, to `path`; `report` hears of long ones."""
    done, told = 0, 0
    with path.open("wb") as file:
        for chunk in _stream(url, limit, auth):
            file.write(chunk)
            done += len(chunk)
            if report and done - told >= _REPORT_EVERY:
                told = done
                report(f"  {done >> 20} MB of {_host(url)}")


def _stream(url: str, limit: int, auth: tuple[str, str] | None) -> Iterator[bytes]:
    deadline = time.monotonic() + WHOLE_SECONDS
    try:
        with requests.get(
            url,
            auth=auth,
            stream=True,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            headers={"User-Agent": "MailerPlex geoip update"},
        ) as response:
            _check(response, url)
            done = 0
            for chunk in response.iter_content(_CHUNK):
                done += len(chunk)
                if done > limit:
                    raise FetchError(f"{_host(url)} sends more than {limit >> 20} MB")
                if time.monotonic() > deadline:
                    raise FetchError(f"{_host(url)} sends too slowly")
                yield chunk
    except requests.RequestException as error:
        raise FetchError(f"{_host(url)} {_reason(error)}") from error


def _check(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status in (401, 403):
        raise FetchError(f"{_host(url)} refuses access ({status})", status)
    if status != 200:
        raise FetchError(f"{_host(url)} answers {status} for {urlsplit(url).path}", status)


def _reason(error: requests.RequestException) -> str:
    """Say it in words: the library's own texts run over lines and repeat addresses with their queries."""
    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that does not verify"
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return "is not a usable address"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "cannot be reached"
    return "broke off its answer"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url[:80]
    except ValueError:
        return url[:80]


def gunzip(packed: Path, path: Path, limit: int) -> None:
    """Unpack a gzip file to `path`, at most `limit` bytes."""
    with _archive_errors(), _gunzipped(packed, limit) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, _CHUNK)


def unpack_members(packed: Path, wanted: dict[str, Path], limit: int) -> set[str]:
    """Write from a `.tar.gz` the plain files whose last path part is in `wanted` to the paths given there.

    Nothing else is written, whatever paths or links the archive holds. At most `limit` bytes are unpacked, those passed
    over included. Returns the names found.
    """
    found: set[str] = set()
    with _archive_errors(), _gunzipped(packed, limit) as raw, tarfile.open(fileobj=raw, mode="r|") as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            source = archive.extractfile(member) if member.isreg() and name in wanted else None
            if source is not None and name not in found:
                found.add(name)
                with wanted[name].open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK)
    return found


def _gunzipped(path: Path, limit: int) -> io.BufferedReader:
    return io.BufferedReader(_Bounded(gzip.open(path), limit), _CHUNK)


class _Bounded(io.RawIOBase):
    """A stream that ends with an error, not with a full disk, when it is longer than `limit`."""

    def __init__(self, source: gzip.GzipFile, limit: int) -> None:
        self._source = source
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # any writable buffer; its type has no name before Python 3.12
        count = self._source.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise FetchError("the archive unpacks to more than it may")
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


@contextmanager
def _archive_errors() -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError, EOFError) as error:
        raise FetchError("the archive is damaged") from error
