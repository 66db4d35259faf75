"""`events`: the timeline of all messages in a terminal, as lines for people or as JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.commands.running import data_dir_option, open_installation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.running.installation import Installation
    from core.timeline.events import EventItem

_POLL_SECONDS = 0.5


@click.command()
@click.option("--follow", is_flag=True, help="Go on with new events, and with those judged anew, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on each line, as the API gives events.")
@click.option("--last", type=click.IntRange(0), default=50, show_default=True, help="Begin with so many events.")
@data_dir_option
def events(follow: bool, as_json: bool, last: int, data_dir: Path | None) -> None:
    """Print the latest opens, clicks, replies and bounces, in the order in which they were judged."""
    installation = open_installation(data_dir)
    try:
        for batch in _read(installation, last, follow=follow):
            _print(installation, batch, as_json=as_json)
    except KeyboardInterrupt:
        if not follow:
            raise


def _read(installation: Installation, last: int, *, follow: bool) -> Iterator[list[EventItem]]:
    from core.accounts.owner import find_or_name_owner
    from core.accounts.sight import see_whole
    from core.timeline.feed import find_feed_end, read_feed

    with installation.reading_sessions() as session:
        sight = see_whole(find_or_name_owner(session, None).workspace_id)
        cursor: str | None = find_feed_end(session, sight)
        latest = _read_latest(session, sight.workspace_id, last)
    yield latest
    while follow:
        with installation.reading_sessions() as session:
            page = read_feed(session, sight, cursor=cursor)
        cursor = page.next_cursor
        if page.items:
            yield list(page.items)
        else:
            time.sleep(_POLL_SECONDS)


def _read_latest(session: Session, workspace_id: str, last: int) -> list[EventItem]:
    """Read the last events up to the end of the feed that the session's workspace row shows."""
    from core.storage.accounts import Workspace
    from core.storage.events import Event
    from core.timeline.events import read_event, select_events

    end = session.get_one(Workspace, workspace_id).feed_position
    query = (
        select_events()
        .where(Event.workspace_id == workspace_id, Event.feed_position <= end)
        .order_by(Event.feed_position.desc())
        .limit(last)
    )
    return [read_event(row) for row in reversed(session.execute(query).all())]


def _print(installation: Installation, items: Iterable[EventItem], *, as_json: bool) -> None:
    if as_json:
        import orjson

        from core.timeline.events import describe_event

        for item in items:
            sys.stdout.buffer.write(orjson.dumps(describe_event(item), option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
        return
    items = list(items)
    subjects = _load_subjects(installation, {item.message_id for item in items})
    for item in items:
        print(_write_line(item, subjects.get(item.message_id, "")))
    sys.stdout.flush()


def _load_subjects(installation: Installation, message_ids: set[str]) -> dict[str, str]:
    from sqlalchemy import select

    from core.storage.messages import Message

    with installation.reading_sessions() as session:
        rows = session.execute(select(Message.id, Message.subject).where(Message.id.in_(message_ids)))
        return {row.id: row.subject for row in rows}


def _write_line(item: EventItem, subject: str) -> str:
    """Write one event for people: when, what, who it was judged to be, and why."""
    place = item.location
    judged = f"{item.verdict.value} {item.confidence or 0:.0%}" if item.verdict else ""
    details = (
        item.client.name if item.client else None,
        ", ".join(filter(None, (place.city or place.region, place.country))) if place else None,
        item.link,
        " ".join(item.reasons) or None,
    )
    words = [
        f"{item.at:%Y-%m-%d %H:%M:%S}Z",
        f"{item.kind.value:<6}",
        f"{judged:<22}",
        item.recipient or "one of several",
    ]
    line = "  ".join([*words, f"“{subject[:60]}”", *(detail for detail in details if detail)])
    # Subjects and links are other people's text: no control character of theirs reaches the terminal.
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
