"""What the commands do when all is well."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from core.accounts.api_tokens import verify_api_token
from core.keys import load_keys
from core.settings import Settings, load_settings
from core.storage.engine import Sessions
from core.storage.models import ApiToken, AuditEntry, Message, Recipient, User
from core.tokens import TokenSigner
from tests.support.command import environment, run_command

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LETTER = b"""From: Olga <olga@example.com>
To: Ann <ann@example.com>
Cc: bob@example.com
Bcc: carl@example.com
Subject: Hello
Content-Type: text/html; charset=utf-8

<html><body><p>Hello</p><a href="https://example.com/offer">offer</a></body></html>
"""


@pytest.fixture
def public(settings: Settings) -> dict[str, str]:
    """The environment of an installation that recipients can reach."""
    return environment(replace(settings, public_url="https://track.example.com"))


def test_track_writes_the_mail_to_stdout_and_one_line_of_json_to_stderr(
    public: dict[str, str], owner: User, sessions: Sessions, signer: TokenSigner
) -> None:
    outcome = run_command("track", environ=public, stdin=LETTER)
    assert outcome.status == 0, outcome.said
    assert outcome.said.count("\n") == 1
    summary = json.loads(outcome.said)
    assert summary["tracked"] is True
    assert summary["reason"] is None
    assert summary["links"] == ["https://example.com/offer"]
    assert summary["copies"] == [{"recipients": ["ann@example.com", "bob@example.com", "carl@example.com"]}]
    pixel = re.search(rb'src="https://track\.example\.com/o/([\w-]+)\.gif"', outcome.output)
    assert pixel
    assert signer.verify_pixel(pixel[1].decode())
    assert b'href="https://track.example.com/c/' in outcome.output
    with sessions() as session:
        assert session.get_one(Message, summary["message_id"]).subject == "Hello"
        assert session.query(Recipient).count() == 3


@only_sqlite
def test_track_reads_a_mail_that_an_editor_put_a_mark_before(public: dict[str, str], owner: User) -> None:
    outcome = run_command("track", environ=public, stdin=b"\xef\xbb\xbf" + LETTER)
    assert json.loads(outcome.said)["tracked"] is True
    assert outcome.output.startswith(b"From: Olga")


@only_sqlite
def test_track_warns_where_recipients_cannot_reach_the_tracking_url(settings: Settings, owner: User) -> None:
    outcome = run_command("track", environ=environment(settings), stdin=LETTER)
    assert outcome.status == 0
    assert "Warning: recipients elsewhere cannot reach http://127.0.0.1:8000" in outcome.said


@only_sqlite
def test_what_cannot_be_tracked_passes_through_and_the_summary_says_why(
    public: dict[str, str], owner: User, sessions: Sessions, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.eml"
    plain.write_bytes(b"From: me@example.com\r\nTo: ann@example.com\r\n\r\nHello\r\n")
    outcome = run_command("track", str(plain), environ=public)
    assert outcome.status == 0
    assert outcome.output == plain.read_bytes()
    summary = json.loads(outcome.said)
    assert (summary["message_id"], summary["tracked"]) == (None, False)
    assert summary["reason"]
    with sessions() as session:
        assert session.query(Message).count() == 0


@only_sqlite
def test_per_recipient_writes_one_mail_for_each_without_bcc(
    public: dict[str, str], owner: User, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    outcome = run_command("track", "--per-recipient", "--out", str(out), environ=public, stdin=LETTER)
    assert outcome.status == 0, outcome.said
    assert outcome.output == b""
    copies = json.loads(outcome.said)["copies"]
    assert [copy["recipients"] for copy in copies] == [["ann@example.com"], ["bob@example.com"], ["carl@example.com"]]
    assert sorted(copy["file"] for copy in copies) == sorted(map(str, out.iterdir()))
    letters = [Path(copy["file"]).read_bytes() for copy in copies]
    assert all("bcc" not in message_from_bytes(letter) for letter in letters)
    assert len(set(letters)) == 3


@only_sqlite
def test_per_recipient_leaves_nothing_where_it_could_not_write_all(
    public: dict[str, str], owner: User, sessions: Sessions, tmp_path: Path
) -> None:
    (tmp_path / "0002-bob@example.com.eml").write_text("kept")
    outcome = run_command("track", "--per-recipient", "--out", str(tmp_path), environ=public, stdin=LETTER)
    assert outcome.status == 1
    assert "Give an empty folder" in outcome.said
    assert [path.name for path in tmp_path.glob("*.eml")] == ["0002-bob@example.com.eml"]
    with sessions() as session:
        assert session.query(Message).count() == 0


def test_a_token_goes_to_stdout_alone_and_works(settings: Settings, owner: User, sessions: Sessions) -> None:
    outcome = run_command("token", "create", "--name", "laptop", environ=environment(settings))
    assert outcome.status == 0
    token = outcome.text.strip()
    assert token not in outcome.said
    with sessions() as session:
        found = verify_api_token(session, token, datetime.now(UTC))
        assert found
        assert (found.name, found.user_id) == ("laptop", owner.id)


@only_sqlite
def test_a_sign_in_link_leads_to_the_running_installation(settings: Settings, owner: User) -> None:
    note = settings.data_dir / "run" / "public_url"
    note.parent.mkdir()
    note.write_text("http://127.0.0.1:8777\n")
    outcome = run_command("signin-link", "OWNER@example.com", environ=environment(settings))
    assert outcome.status == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:8777/signin/[\w-]{20,}\n", outcome.text)


def test_a_new_database_gets_its_tables_and_its_owner_by_upgrade(empty_database_url: str, data_dir: Path) -> None:
    environ = {"MAILERPLEX_DATA_DIR": str(data_dir), "DATABASE_URL": empty_database_url}
    assert run_command("db", "upgrade", environ=environ).status == 0
    assert run_command("db", "upgrade", environ=environ).status == 0
    assert run_command("signin-link", environ=environ).text.startswith("http://127.0.0.1:8000/signin/")


@only_sqlite
def test_export_and_erase_speak_of_one_recipient(public: dict[str, str], owner: User, sessions: Sessions) -> None:
    assert run_command("track", environ=public, stdin=LETTER).status == 0
    held = json.loads(run_command("export", "Ann@Example.com", environ=public).text)
    assert held["address"] == "ann@example.com"
    assert [message["subject"] for message in held["messages"]] == ["Hello"]
    erased = run_command("erase", "ann@example.com", "--yes", environ=public)
    assert (erased.status, erased.output) == (0, b"")
    assert "recipients 1" in erased.said
    assert json.loads(run_command("export", "ann@example.com", environ=public).text)["messages"] == []
    with sessions() as session:
        assert session.query(Recipient).count() == 2


def test_keys_rotate_keeps_old_links_working(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path / "data")
    old = TokenSigner(load_keys(settings)).sign_pixel(7)
    outcome = run_command("keys", "rotate", "--data-dir", str(settings.data_dir))
    assert (outcome.status, outcome.output) == (0, b"")
    ring = load_keys(settings)
    assert len(ring.keys) == 2
    assert TokenSigner(ring).verify_pixel(old) == 7


def test_classify_answers_line_by_line_without_a_database(tmp_path: Path) -> None:
    lines = b"".join(
        json.dumps({"id": number, "message": "m", "kind": "open", "ua": "curl/8.0", "seconds_after_send": 60}).encode()
        + b"\n"
        for number in range(3)
    )
    outcome = run_command("classify", environ={"MAILERPLEX_DATA_DIR": str(tmp_path / "none")}, stdin=lines)
    assert outcome.status == 0, outcome.said
    answers = [json.loads(line) for line in outcome.text.splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert set(answers[0]) == {"id", "verdict", "confidence", "reasons", "client", "location"}
    assert not (tmp_path / "none").exists()


def test_the_data_folder_can_be_named_before_or_after_a_command(tmp_path: Path) -> None:
    for arguments in (
        ("--data-dir", str(tmp_path / "a"), "db", "upgrade"),
        ("db", "upgrade", "--data-dir", str(tmp_path / "b")),
    ):
        assert run_command(*arguments).status == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_urls_are_those_of_commands_when_told_by_the_setting(public: dict[str, str], owner: User) -> None:
    link = run_command("signin-link", environ=public).text
    assert urlsplit(link).netloc == "track.example.com"


def test_what_is_done_by_the_command_line_is_written_down(settings: Settings, owner: User, sessions: Sessions) -> None:
    given = environment(settings)
    assert run_command("token", "create", "--name", "laptop", "--scope", "messages:read", environ=given).status == 0
    assert run_command("token", "create", "--name", "x", "--scope", "everything", environ=given).status == 1
    assert run_command("export", "ann@example.com", environ=given).status == 0
    assert run_command("erase", "ann@example.com", "--yes", environ=given).status == 0
    with sessions() as session:
        assert session.scalars(select(ApiToken.scopes)).all() == ["messages:read"]
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    assert [(entry.action, entry.actor_id, entry.address) for entry in entries] == [
        ("token.created", None, None),
        ("export", None, None),
        ("erasure", None, None),
    ]
    assert all("by the command line" in (entry.detail or "") for entry in entries)
