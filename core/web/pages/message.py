"""The page of one message: its recipients and links, its timeline as a picture, and each event in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy import and_, or_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.messages.removal import delete_message
from core.storage.events import Event
from core.timeline.cursors import decode_place, encode_place
from core.timeline.events import EventItem, read_event, select_events
from core.timeline.messages import MessageItem, find_message
from core.timeline.paging import Page
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages import words
from core.web.pages.activity import build_row
from core.web.pages.entries import build_entries
from core.web.pages.picture import draw_timeline
from core.web.pages.rendering import begin_live_page, render_live_page
from core.web.services import WebServices

PAGE_SIZE = 200
_NEWEST_FIRST = "n"


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, and the message's removal."""

    @blueprint.get("/messages/<id:message_id>")
    @access(SESSION)
    def show_message(message_id: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            message = find_message(session, viewer.sight, message_id)
            if message is None:
                abort(404)
            page = list_latest_events(session, message.id, request.args.get("before") or None)
            return render_live_page(session, viewer, tag, "message.html", **_describe(message, page, services))

    @blueprint.post("/messages/<id:message_id>/delete")
    @access(SESSION)
    def remove_message(message_id: str) -> BaseResponse:
        with services.sessions.begin() as session:
            if not delete_message(session, current_viewer().sight, message_id):
                abort(404)
        return redirect(url_for("pages.show_activity"), 303)


def list_latest_events(session: Session, message_id: str, before: str | None) -> Page[EventItem]:
    """List a message's events, newest first, from a cursor on. Raises InputError."""
    query = select_events().where(Event.message_id == message_id).order_by(Event.at.desc(), Event.id.desc())
    if before is not None:
        at, identifier = decode_place(_NEWEST_FIRST, before)
        query = query.where(Event.at <= at, or_(Event.at < at, and_(Event.at == at, Event.id < identifier)))
    items = tuple(map(read_event, session.execute(query.limit(PAGE_SIZE + 1))))
    more = items[PAGE_SIZE - 1] if len(items) > PAGE_SIZE else None
    return Page(items[:PAGE_SIZE], encode_place(_NEWEST_FIRST, more.at, more.id) if more else None)


def _describe(message: MessageItem, page: Page[EventItem], services: WebServices) -> dict[str, object]:
    row = build_row(message)
    return {
        "message": message,
        "state": row.state,
        "tally": row.tally,
        "groups": build_entries(page.items, message),
        "next_cursor": page.next_cursor,
        "pictures": _draw(message, page.items),
        "describe_recipient": words.describe_recipient,
        "is_shared_by_many": message.mode == "shared" and len(message.recipients) > 1,
        "credits": services.geo_credit() if any(event.location for event in page.items) else (),
    }


def _draw(message: MessageItem, events: Sequence[EventItem]) -> dict[str, object]:
    """Draw the picture twice, wide and narrow: the style sheet shows the one that fits."""
    if not events:
        return {}
    start = message.sent_at or events[-1].at
    return {"wide": draw_timeline(events, start, width=680), "narrow": draw_timeline(events, start, width=340)}
