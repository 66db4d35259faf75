"""The activity page: tracked messages, newest first, with how far each got, told honestly."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from core.timeline.messages import MessageItem
from core.timeline.outbox import STATUSES, MessageFilter, list_messages
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.rendering import begin_live_page, has_samples, render_live_page
from core.web.pages.words import Tally, Words, describe_state, tally
from core.web.services import WebServices

PAGE_SIZE = 40
# What the page calls the states that can be chosen; the others are rare, and found by searching.
CHOICES = (("", "All"), ("read", "Read, likely"), ("clicked", "Link clicked"), ("sent", "No sign of reading yet"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    message: MessageItem
    state: Words
    tally: Tally


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page."""

    @blueprint.get("/activity")
    @access(SESSION)
    def show_activity() -> Response:
        viewer = current_viewer()
        query, status = request.args.get("q", "").replace("\0", "").strip()[:200], request.args.get("status", "")
        cursor = request.args.get("cursor") or None
        wanted = MessageFilter(q=query or None, status=status if status in STATUSES else None)
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            page = list_messages(session, viewer.sight, wanted, cursor=cursor, limit=PAGE_SIZE)
            return render_live_page(
                session,
                viewer,
                tag,
                "activity.html",
                rows=[build_row(item) for item in page.items],
                next_cursor=page.next_cursor,
                is_first=cursor is None,
                query=query,
                status=wanted.status or "",
                choices=CHOICES,
                samples=has_samples(session, viewer.sight),
            )


def build_row(message: MessageItem) -> Row:
    """Put a message into words."""
    state = describe_state(message.status, message.counts, len(message.recipients), message.mode == "shared")
    return Row(message, state, tally(message.counts))
