"""Bad input: one clear line on standard error, the right exit status, nothing on standard output, nothing half done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from core.settings import CHECKOUT, Settings
from core.storage.engine import Sessions
from core.storage.models import Message, User
from tests.support.command import environment, run_command

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LETTER = b"From: me@example.com\nTo: ann@example.com\nSubject: Hi\nContent-Type: text/html\n\n<a href='https://a.example/'>x</a>\n"


def refuse(
    *arguments: str, complaint: str, environ: Mapping[str, str] | None = None, stdin: bytes = b"", status: int = 1
) -> None:
    """Run a command that must refuse in one line."""
    outcome = run_command(*arguments, environ=environ, stdin=stdin)
    assert outcome.status == status, outcome.said
    assert outcome.said.startswith("Error: ")
    assert outcome.said.count("\n") == 1, outcome.said
    assert complaint in outcome.said
    assert outcome.output == b""


@only_sqlite
@pytest.mark.parametrize(
    ("letter", "complaint"),
    [
        (b"", "empty"),
        (b"Dear Ann, this is no mail.\n", "not a mail message"),
        (os.urandom(2000), "not a mail message"),
        (b"From: a@example.com\n\n" + b"x" * (50 << 20), "larger than 40 MB"),
    ],
    ids=["empty", "prose", "noise", "50 MB"],
)
def test_what_is_no_mail_is_not_tracked(
    settings: Settings, owner: User, sessions: Sessions, letter: bytes, complaint: str
) -> None:
    refuse("track", environ=environment(settings), stdin=letter, complaint=complaint)
    with sessions() as session:
        assert session.query(Message).count() == 0


@only_sqlite
def test_a_file_that_is_not_there_is_named(settings: Settings, owner: User, tmp_path: Path) -> None:
    for command in ("track", "classify"):
        refuse(command, str(tmp_path / "none.eml"), environ=environment(settings), complaint="none.eml: No such file")
    refuse("track", str(tmp_path), environ=environment(settings), complaint="Is a directory")


@pytest.mark.parametrize("command", [("events",), ("signin-link",), ("keys", "rotate"), ("classify",), ("up",)])
def test_a_wrong_setting_stops_every_command_and_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    environ = {"MAILERPLEX_DATA_DIR": str(tmp_path / "data"), "MAILERPLEX_PUBLIC_URL": "track.example.com"}
    refuse(*command, environ=environ, complaint="MAILERPLEX_PUBLIC_URL: 'track.example.com' is not")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("events",), ("token", "create", "--name", "x"), ("db", "upgrade")])
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    environ = {"MAILERPLEX_DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://ann:hunter2@127.0.0.1:1/mail"}
    refuse(*command, environ=environ, complaint="(DATABASE_URL)")
    assert "hunter2" not in run_command(*command, environ=environ).said


def test_a_newer_schema_is_refused_by_commands_and_by_upgrade(settings: Settings, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in (("track",), ("events",), ("db", "upgrade")):
        refuse(*command, environ=environment(settings), stdin=LETTER, complaint="newer than this code")


def test_a_database_without_tables_says_what_makes_them(empty_database_url: str, data_dir: Path) -> None:
    environ = {"MAILERPLEX_DATA_DIR": str(data_dir / "other"), "DATABASE_URL": empty_database_url}
    refuse("events", environ=environ, complaint="run `mailerplex db upgrade`")


def test_a_data_folder_without_an_installation_stays_untouched(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for command in (("track",), ("events",), ("signin-link",), ("export", "a@example.com"), ("keys", "rotate")):
        refuse(*command, "--data-dir", str(folder), stdin=LETTER, complaint=str(folder))
    assert not folder.exists()


@pytest.mark.parametrize("command", [("db", "upgrade"), ("up", "--port", "1")])
def test_a_data_folder_that_cannot_be_written_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    outcome = run_command(*command, "--data-dir", str(folder))
    assert outcome.status == 1
    assert outcome.said.startswith("Error: Cannot write the ")
    assert "MAILERPLEX_DATA_DIR" in outcome.said


@pytest.mark.parametrize(
    "arguments",
    [
        ("--colour",),
        ("fly",),
        ("track", "--fast"),
        ("track", "--per-recipient"),
        ("track", "--out", "folder"),
        ("token", "create"),
        ("events", "--last", "-1"),
        ("erase",),
        ("export", "a@example.com", "b@example.com"),
        ("geoip", "update", "--source", "nowhere"),
        ("up", "--port", "0"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_where_help_is(arguments: tuple[str, ...], tmp_path: Path) -> None:
    refuse(*arguments, environ={"MAILERPLEX_DATA_DIR": str(tmp_path)}, status=2, complaint="--help`")


def test_no_command_at_all_shows_the_help_and_exits_with_2() -> None:
    outcome = run_command()
    assert outcome.status == 2
    assert "Commands:" in outcome.said


@only_sqlite
def test_wrong_addresses_and_names_are_refused(settings: Settings, owner: User) -> None:
    environ = environment(settings)
    refuse("export", "nobody", environ=environ, complaint="'nobody' is not an e-mail address")
    refuse("erase", "--yes", "a b@example.com", environ=environ, complaint="is not an e-mail address")
    refuse("token", "create", "--name", " ", environ=environ, complaint="A token needs a name")
    refuse("signin-link", "stranger@example.com", environ=environ, complaint="Nobody here has the address")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (b"nonsense\n", "line 1: "),
        (b'{"message": "m", "kind": "open"}\n[]\n', "line 2: "),
        (b'{"message": "m", "kind": "dance"}\n', "line 1: "),
        (b'{"message": "m", "kind": "open", "ip": "999.1.1.1"}\n', "line 1: "),
        (b"\xff\xfe\n", "line 1: "),
    ],
)
def test_a_wrong_line_is_named_before_any_answer(lines: bytes, complaint: str, tmp_path: Path) -> None:
    outcome = run_command("classify", environ={"MAILERPLEX_DATA_DIR": str(tmp_path)}, stdin=lines)
    assert outcome.status == 1
    assert outcome.said.startswith(complaint)
    assert outcome.said.count("\n") == 1, outcome.said
    assert outcome.output == b""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEOIP_CITY_DB", "/nonexistent"),
        ("SMTP_URL", "smtp://mail.example.com?colour=red"),
        ("DATABASE_URL", "postgresql://127.0.0.1/x"),
    ],
)
def test_a_setting_that_a_role_would_stumble_over_stops_the_start_without_a_trace(
    name: str, value: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    complaint = "MAILERPLEX_SECRET_KEYS" if name == "DATABASE_URL" else name
    refuse("up", "--port", "18080", "--data-dir", str(folder), environ={name: value}, complaint=complaint)
    assert not folder.exists()


@only_sqlite
def test_an_erasure_by_a_script_asks_nobody(settings: Settings, owner: User) -> None:
    outcome = run_command("erase", "ann@example.com", environ=environment(settings))
    assert outcome.status == 0
    assert "Erased: recipients 0" in outcome.said


@only_sqlite
def test_a_reader_that_goes_away_is_no_traceback_and_takes_the_message_back(
    settings: Settings, owner: User, sessions: Sessions
) -> None:
    letter = LETTER + b"<p>filling</p>\n" * 100_000
    child = subprocess.Popen(
        [sys.executable, "-m", "app", "track"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=CHECKOUT,
        env={**os.environ, **environment(settings)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    child.stdin.write(letter)
    child.stdin.close()
    said = child.stderr.read()
    child.stderr.close()
    assert child.wait(30) == 1
    assert b"Traceback" not in said
    with sessions() as session:
        assert session.query(Message).count() == 0
