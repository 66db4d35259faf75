"""The activity page: tracked messages, newest first, with how far each got, told honestly; and the same as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction
from core.accounts.sessions import Viewer
from core.errors import InputError
from core.timeline.activity import Listing, iterate_activity, list_activity
from core.timeline.messages import MessageItem
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.csv_export import Cell, answer_csv
from core.web.pages import filters
from core.web.pages.audited import note
from core.web.pages.filters import Filters, read_filters
from core.web.pages.rendering import begin_live_page, has_samples, render_live_page
from core.web.pages.words import Tally, Words, describe_machines, describe_state, tally
from core.web.services import WebServices
from core.web.translation import gettext, mark

PAGE_SIZE = 40
EXPORT_SIZE = 50_000
_PATIENCE_SECONDS = 0.015
_OLD_CURSOR = mark("The place in the list that the address names is none of this list. Here is its beginning.")
_DONE = {
    "deleted": mark("The message was deleted."),
    "erased": mark("Everything held on that person within your reach was erased."),
}
_HEADER = (
    "Sent",
    "Subject",
    "From",
    "To",
    "State",
    "Visits by people",
    "Clicks by people",
    "Visits by machines",
    "Visits by the sender",
    "Visits unclear by whom",
    "Last by a person",
    "Copies",
    "Message",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `aside`: what machines did besides, in words."""

    message: MessageItem
    state: Words
    tally: Tally
    aside: str


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, and its export."""

    @blueprint.get("/activity")
    @access(SESSION)
    def show_activity() -> Response:
        viewer = current_viewer()
        asked = read_filters(request.args, services.clock())
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            listing, problems = _list(session, viewer, asked)
            response = render_live_page(
                session,
                viewer,
                tag,
                "activity.html",
                rows=[build_row(item) for item in listing.items],
                listing=listing,
                is_first="cursor" not in request.args or _OLD_CURSOR in problems,
                filters=asked,
                problems=problems,
                done=_DONE.get(request.args.get("done", "")),
                names=filters,
                samples=has_samples(session, viewer.sight),
                export_size=EXPORT_SIZE,
            )
        if problems:
            response.status_code = 400
        return response

    @blueprint.get("/activity.csv")
    @access(SESSION)
    def export_activity() -> Response:
        viewer = current_viewer()
        now = services.clock()
        asked = read_filters(request.args, now)
        if asked.problems:
            raise InputError(" ".join(map(gettext, asked.problems)))
        with services.sessions.begin() as session:
            detail = "activity as CSV, filtered" if asked.given else "activity as CSV"
            note(session, services, AuditAction.EXPORT, detail, address=asked.wanted.person)
        found = iterate_activity(services.reading_sessions, viewer.sight, asked.wanted, EXPORT_SIZE)
        return answer_csv("activity.csv", _HEADER, _write_rows(found))


def build_row(message: MessageItem) -> Row:
    """Put a message into words."""
    readers = sum(recipient.status in ("read", "clicked", "replied") for recipient in message.recipients)
    is_shared = message.mode == "shared"
    state = describe_state(message.status, message.counts, len(message.recipients), is_shared, readers)
    return Row(message, state, tally(message.counts), describe_machines(message.status, message.counts))


def _list(session: Session, viewer: Viewer, asked: Filters) -> tuple[Listing, list[str]]:
    cursor = request.args.get("cursor") or None
    # A search that stopped to answer in time goes on through all that is left when asked to.
    patience = None if request.args.get("deep") == "1" else _PATIENCE_SECONDS
    sight, wanted = viewer.sight, asked.wanted
    problems = list(asked.problems)
    try:
        return list_activity(session, sight, wanted, cursor=cursor, limit=PAGE_SIZE, patience=patience), problems
    except InputError:
        problems.append(_OLD_CURSOR)
        return list_activity(session, sight, wanted, cursor=None, limit=PAGE_SIZE, patience=patience), problems


def _write_rows(messages: Iterator[MessageItem]) -> Iterator[tuple[Cell, ...]]:
    for message in messages:
        row = build_row(message)
        yield (
            message.sent_at,
            message.subject,
            message.sender,
            "; ".join(recipient.address for recipient in message.recipients),
            row.state.text,
            row.tally.people,
            sum(link.clicks for link in message.links),
            row.tally.machines,
            row.tally.own,
            row.tally.unclear,
            message.last_human_at,
            "one for all" if message.mode == "shared" else "one each",
            message.id,
        )
