"""Running installations for the tests of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.installation import RunningInstallation

Start = Callable[..., RunningInstallation]


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Start]:
    """Make installations of this test's own, by environment; they end with it."""
    made: list[RunningInstallation] = []

    def make(**environment: str) -> RunningInstallation:
        folder = tmp_path / f"installation-{len(made)}"
        folder.mkdir()
        made.append(RunningInstallation(folder, **environment))
        return made[-1]

    yield make
    for installation in made:
        installation.remove()


@pytest.fixture
def running(prepare: Start) -> RunningInstallation:
    """A running installation as `up` makes it, with SQLite and its own Redis."""
    installation = prepare()
    installation.start()
    return installation


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstallation]:
    """A running installation for all tests of a module that ask for it: they leave it whole."""
    installation = RunningInstallation(tmp_path_factory.mktemp("shared"), MAILERPLEX_TRUSTED_PROXIES="127.0.0.0/8")
    try:
        installation.start()
        yield installation
    finally:
        installation.remove()
