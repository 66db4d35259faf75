"""The group of all commands: `--data-dir` anywhere, and every error as one line and an exit status.

0: done; 1: could not do it; 2: wrong usage.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from core.errors import MailerPlexError

PROGRAM = "mailerplex"
_DATA_DIR = "data_dir"


def build_command_line(commands: Iterable[click.Command]) -> click.Group:
    """Make the group of `commands`. A `--data-dir` before a command is the default of the command's own."""

    @click.group(PROGRAM, help="Email tracking that tells the truth, on your own server.")
    @click.option("--data-dir", type=click.Path(path_type=Path), help="The data folder, for every command.")
    @click.version_option(package_name=PROGRAM, prog_name=PROGRAM)
    @click.pass_context
    def command_line(context: click.Context, data_dir: Path | None) -> None:
        if data_dir is not None:
            context.default_map = _spread(command_line, str(data_dir))

    for command in commands:
        command_line.add_command(command)
    return command_line


def _spread(group: click.Group, data_dir: str) -> dict[str, Any]:
    """Build click's map of defaults that hands the data folder to every command below `group`."""
    defaults: dict[str, Any] = {_DATA_DIR: data_dir}
    for name, command in group.commands.items():
        defaults[name] = _spread(command, data_dir) if isinstance(command, click.Group) else {_DATA_DIR: data_dir}
    return defaults


def run(command_line: click.Group, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a sign is no reason to stop
    raise SystemExit(_run(command_line, arguments))


def _run(command_line: click.Group, arguments: Sequence[str] | None) -> int:
    try:
        result = command_line.main(arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else PROGRAM
        return _fail(f"{error.format_message()} See `{path} --help`.", 2)
    except BrokenPipeError:
        # Whoever read the output stopped; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (click.Abort, KeyboardInterrupt):
        return _fail("Stopped.")
    except Exception as error:
        return _fail(_explain(error))
    return result if isinstance(result, int) else 0


def _fail(text: str, status: int = 1) -> int:
    print(f"Error: {' '.join(text.split())}", file=sys.stderr)
    return status


def _explain(error: Exception) -> str:
    """Say in one line what went wrong; with MAILERPLEX_LOG_LEVEL=debug, an error of this program's own is raised."""
    if isinstance(error, MailerPlexError | click.ClickException):
        return str(error) if isinstance(error, MailerPlexError) else error.format_message()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    orig = getattr(error, "orig", None)
    if orig is not None:  # a database driver's, by way of SQLAlchemy, without the statement and its values
        return f"The database refuses: {(str(orig).splitlines() or [type(orig).__name__])[0]} (DATABASE_URL)."
    if os.environ.get("MAILERPLEX_LOG_LEVEL", "").lower() == "debug":
        raise error
    return f"{type(error).__name__}: this should not happen; MAILERPLEX_LOG_LEVEL=debug shows where."
