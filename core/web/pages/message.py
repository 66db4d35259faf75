"""The page of one message: its recipients and links, its timeline as a picture, and each event in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy import and_, or_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.sessions import Viewer
from core.errors import InputError
from core.messages.removal import delete_message
from core.privacy.stopping import list_stops
from core.storage.events import Event
from core.timeline.cursors import decode_place, encode_place
from core.timeline.events import EventItem, read_event, select_events
from core.timeline.marks import MOST, Mark, list_marks
from core.timeline.messages import MessageItem, find_message
from core.timeline.paging import Page
from core.web.access import SESSION, access
from core.web.browsers import LIVE_HEADER, current_viewer
from core.web.pages import correction, words
from core.web.pages.activity import build_row
from core.web.pages.audited import note, note_look
from core.web.pages.entries import build_entries
from core.web.pages.picture import draw_timeline
from core.web.pages.rendering import begin_live_page, render_live_page, render_page
from core.web.services import WebServices
from core.web.translation import mark

PAGE_SIZE = 60
_NEWEST_FIRST = "n"
_OLD_CURSOR = mark(
    "The place in the timeline that the address names is none of this message. Here are the latest events."
)


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, and the message's removal with its question before."""

    @blueprint.get("/messages/<id:message_id>")
    @access(SESSION)
    def show_message(message_id: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            message = _find(session, viewer, message_id)
            page, problem = _list(session, message.id)
            context = _describe(message, page, list_marks(session, message.id), services)
            context |= {
                "is_own": message.user_id == viewer.user_id,
                "done": correction.DONE.get(request.args.get("done", "")),
                "problem": problem,
                "stops": list_stops(session, message.id),
            }
            response = render_live_page(session, viewer, tag, "message.html", **context)
        if message.user_id != viewer.user_id and LIVE_HEADER not in request.headers:
            note_look(services, AuditAction.MESSAGE_VIEWED, subject=f"message:{message.id}")
        if problem is not None:
            response.status_code = 400
        return response

    @blueprint.get("/messages/<id:message_id>/delete")
    @access(SESSION)
    def ask_removal(message_id: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            message = _find(session, viewer, message_id)
            return render_page(session, viewer, "message_delete.html", message=message)

    @blueprint.post("/messages/<id:message_id>/delete")
    @access(SESSION)
    def remove_message(message_id: str) -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            if not delete_message(session, viewer.sight, message_id):
                abort(404)
            note(session, services, AuditAction.MESSAGE_DELETED, subject=f"message:{message_id}")
        return redirect(url_for("pages.show_activity", done="deleted"), 303)


def list_latest_events(session: Session, message_id: str, before: str | None) -> Page[EventItem]:
    """List a message's events, newest first, from a cursor on. Raises InputError."""
    query = select_events().where(Event.message_id == message_id).order_by(Event.at.desc(), Event.id.desc())
    if before is not None:
        at, identifier = decode_place(_NEWEST_FIRST, before)
        query = query.where(Event.at <= at, or_(Event.at < at, and_(Event.at == at, Event.id < identifier)))
    items = tuple(map(read_event, session.execute(query.limit(PAGE_SIZE + 1))))
    more = items[PAGE_SIZE - 1] if len(items) > PAGE_SIZE else None
    return Page(items[:PAGE_SIZE], encode_place(_NEWEST_FIRST, more.at, more.id) if more else None)


def _find(session: Session, viewer: Viewer, message_id: str) -> MessageItem:
    message = find_message(session, viewer.sight, message_id)
    if message is None:
        abort(404)
    return message


def _list(session: Session, message_id: str) -> tuple[Page[EventItem], str | None]:
    try:
        return list_latest_events(session, message_id, request.args.get("before") or None), None
    except InputError:
        return list_latest_events(session, message_id, None), _OLD_CURSOR


def _describe(
    message: MessageItem, page: Page[EventItem], marks: Sequence[Mark], services: WebServices
) -> dict[str, object]:
    row = build_row(message)
    return {
        "message": message,
        "state": row.state,
        "aside": row.aside,
        "tally": row.tally,
        "groups": build_entries(page.items, message),
        "next_cursor": page.next_cursor,
        "is_first": "before" not in request.args,
        "pictures": _draw(message, marks),
        "undrawn": MOST if len(marks) == MOST else 0,
        "describe_recipient": words.describe_recipient,
        "is_shared_by_many": message.mode == "shared" and len(message.recipients) > 1,
        "credits": services.geo_credit() if any(event.location for event in page.items) else (),
    }


def _draw(message: MessageItem, marks: Sequence[Mark]) -> dict[str, object]:
    """Draw the picture twice, wide and narrow: the style sheet shows the one that fits."""
    if not marks:
        return {}
    start = message.sent_at or marks[-1].at
    readers = {}
    if message.mode != "shared" or len(message.recipients) == 1:
        readers = {recipient.address: recipient.name or recipient.address for recipient in message.recipients}
    return {
        "wide": draw_timeline(marks, start, width=700, readers=readers),
        "narrow": draw_timeline(marks, start, width=340, readers=readers),
    }
