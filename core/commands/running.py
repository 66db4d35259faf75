"""What commands share: the option for the data folder, the installation it names, bytes in and lines out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from core.errors import InputError, StorageError
from core.settings import load_settings

if TYPE_CHECKING:
    from core.running.installation import Installation

data_dir_option = click.option("--data-dir", type=click.Path(path_type=Path), help="The data folder.")


def say(text: str) -> None:
    """Say something to the person at the terminal."""
    print(text, file=sys.stderr)


def open_installation(data_dir: Path | None) -> Installation:
    """Open the installation that the settings name. Raises SettingsError, or StorageError unless its tables are there.

    Creates nothing: a command that was pointed at the wrong folder leaves no trace in it.
    """
    from core.running.installation import Installation
    from core.storage import schema

    settings = load_settings(data_dir=data_dir)
    if settings.has_default_database and not (settings.data_dir / "mailerplex.sqlite3").exists():
        raise StorageError(
            f"There is no installation in {settings.data_dir} yet: start it once with `make run` or `mailerplex up`,"
            " or name another folder with --data-dir."
        )
    installation = Installation(settings)
    schema.check(installation.engine)
    return installation


def open_input(file: Path | None) -> BinaryIO:
    """Open a file, or standard input for None and `-`. Raises InputError."""
    if file is None or str(file) == "-":
        if sys.stdin.isatty():
            say("Reading what you type; Ctrl-D ends it.")
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror}.") from error


def read_input(file: Path | None, most_bytes: int) -> bytes:
    """Read a file or standard input whole, but no more than one byte over `most_bytes`."""
    with open_input(file) as stream:
        try:
            return stream.read(most_bytes + 1)
        except OSError as error:  # a folder, for one
            raise InputError(f"Cannot read {file or 'the input'}: {error.strerror}.") from error
