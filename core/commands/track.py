"""`track`: one mail in, the tracked mail out. What is registered is taken back if the output cannot be written."""

from __future__ import annotations

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.commands.running import data_dir_option, open_installation, read_input, say
from core.errors import InputError
from core.reach import is_private

if TYPE_CHECKING:
    from core.accounts.sight import Sight
    from core.messages.track import TrackedMail
    from core.running.installation import Installation

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--per-recipient", is_flag=True, help="Make one mail for each recipient, which tells them apart.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder for those mails.")
@data_dir_option
def track(file: Path | None, per_recipient: bool, out: Path | None, data_dir: Path | None) -> None:
    """Track the mail in FILE, or on standard input; print it as it is to be sent, and a summary on stderr."""
    from datetime import UTC, datetime

    import orjson

    from core.accounts.sight import Sight
    from core.instrument import MAX_MESSAGE_BYTES
    from core.messages.exclusions import load_exclusions
    from core.messages.track import track_message

    if per_recipient != (out is not None):
        raise click.UsageError("--per-recipient and --out DIR go together.")
    raw = read_input(file, MAX_MESSAGE_BYTES + len(BOM_UTF8)).removeprefix(BOM_UTF8)  # editors put it there
    installation = open_installation(data_dir)
    settings = installation.settings
    with installation.reading_sessions() as session:
        from core.accounts.owner import find_or_name_owner

        owner = find_or_name_owner(session, None)
        exclusions = load_exclusions(session, owner.workspace_id, owner.id, installation.current_ring)
    tracked = track_message(
        installation.sessions,
        installation.signer,
        settings.tracking_url,
        owner,
        raw,
        datetime.now(UTC),
        per_recipient=per_recipient,
        exclusions=exclusions,
        is_over_temporary_url=settings.has_temporary_url,
    )
    with _taken_back_on_failure(installation, Sight(owner.workspace_id, owner.id), tracked):
        files = _write_files(out, tracked) if out is not None else _write_output(tracked)
    if tracked.tracked and is_private(settings.tracking_url):
        say(
            f"Warning: recipients elsewhere cannot reach {settings.tracking_url}:"
            " set MAILERPLEX_PUBLIC_URL or MAILERPLEX_TRACKING_URL to an address that they can reach."
        )
    if tracked.tracked and settings.has_temporary_url:
        say(
            f"Warning: {settings.tracking_url} is a tunnel's address and ends with the running `up --tunnel`:"
            " opens after that are not seen, and the links lead nowhere then."
        )
    say(orjson.dumps(tracked.summarise(files)).decode())


@contextmanager
def _taken_back_on_failure(installation: Installation, sight: Sight, tracked: TrackedMail) -> Iterator[None]:
    """Delete the message again if nobody got the mail that would be seen by it."""
    from core.messages.removal import delete_message

    try:
        yield
    except BaseException:
        if tracked.message_id is not None:
            with installation.sessions.begin() as session:
                delete_message(session, sight, tracked.message_id)
        raise


def _write_output(tracked: TrackedMail) -> list[str]:
    sys.stdout.buffer.write(tracked.copies[0].render())
    sys.stdout.buffer.flush()
    return []


def _write_files(folder: Path, tracked: TrackedMail) -> list[str]:
    """Write each copy as a new file, or none at all. Raises InputError."""
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, copy in enumerate(tracked.copies, start=1):
            path = folder / f"{number:04d}-{_UNSAFE.sub('_', ','.join(copy.recipients))[:100]}.eml"
            with path.open("xb") as stream:
                written.append(path)
                stream.write(copy.render())
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"Cannot write into {folder}: {error.strerror}. Give an empty folder.") from error
        raise
    return [str(path) for path in written]
