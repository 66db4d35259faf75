"""Tests of `events`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from core.settings import CHECKOUT, Settings
from core.storage.engine import Sessions
from core.storage.identifiers import create_id
from core.storage.models import Event, Message, User, Workspace
from tests.support.command import environment, run_command

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def record_opens(sessions: Sessions, owner: User, count: int, subject: str = "Hello") -> str:
    """Store a message with `count` opens, one second apart."""
    with sessions.begin() as session:
        workspace = session.get_one(Workspace, owner.workspace_id, with_for_update=True)
        message = Message(
            workspace_id=workspace.id,
            user_id=owner.id,
            subject=subject,
            sender="owner@example.com",
            mode="shared",
            status="sent",
            created_at=AT,
        )
        session.add(message)
        session.flush()
        for number in range(count):
            workspace.feed_position += 1
            session.add(
                Event(
                    id=create_id(),
                    workspace_id=workspace.id,
                    message_id=message.id,
                    feed_position=workspace.feed_position,
                    kind="open",
                    at=AT + timedelta(seconds=number),
                    verdict="human_via_proxy",
                    confidence=0.9,
                    reasons="gmail_image_proxy",
                    client_name="Gmail",
                )
            )
        return message.id


@contextmanager
def following(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `events --follow` meanwhile."""
    child = subprocess.Popen(
        [sys.executable, "-m", "app", "events", "--follow", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=CHECKOUT,
        env={**os.environ, **environment(settings)},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def test_the_latest_events_come_as_the_api_gives_them(settings: Settings, owner: User, sessions: Sessions) -> None:
    message_id = record_opens(sessions, owner, 5)
    outcome = run_command("events", "--json", "--last", "3", environ=environment(settings))
    assert (outcome.status, outcome.said) == (0, "")
    found = [json.loads(line) for line in outcome.text.splitlines()]
    assert [event["at"] for event in found] == [f"2026-11-22T09:30:0{second}Z" for second in (2, 3, 4)]
    assert found[0]["message_id"] == message_id
    assert found[0]["verdict"] == "human_via_proxy"


def test_people_read_one_line_for_each_event(settings: Settings, owner: User, sessions: Sessions) -> None:
    record_opens(sessions, owner, 1, subject="Offer\x1b[2J\nfor you")
    outcome = run_command("events", environ=environment(settings))
    (line,) = outcome.text.splitlines()
    for words in (
        "2026-11-22 09:30:00Z",
        "open",
        "human_via_proxy 90%",
        "one of several",
        "Gmail",
        "gmail_image_proxy",
    ):
        assert words in line
    assert "\x1b" not in line


def test_nothing_yet_prints_nothing(settings: Settings, owner: User) -> None:
    outcome = run_command("events", environ=environment(settings))
    assert (outcome.status, outcome.output, outcome.said) == (0, b"", "")


def test_following_shows_new_events_and_ends_well_by_ctrl_c(
    settings: Settings, owner: User, sessions: Sessions
) -> None:
    record_opens(sessions, owner, 1, subject="Before")
    with following(settings) as child:
        assert child.stdout is not None
        assert "“Before”" in child.stdout.readline().decode()
        record_opens(sessions, owner, 2, subject="After")
        assert "“After”" in child.stdout.readline().decode()
        assert "“After”" in child.stdout.readline().decode()
        child.send_signal(2)
        assert child.wait(10) == 0
        assert child.stderr is not None
        assert child.stderr.read() == b""
