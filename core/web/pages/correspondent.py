"""The page of one person who is written to: their mail, their habits; what is held on them to take along or to erase.

That somebody looked is written down, for the person has a right to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.accounts.sessions import Viewer
from core.errors import InputError
from core.messages.draft import fold_address
from core.privacy.erasure import choose_reach, erase_recipient
from core.privacy.held import describe_recipient
from core.timeline.activity import Listing, Wanted, list_activity
from core.timeline.messages import MessageItem
from core.timeline.person import Habits, Person, find_person
from core.web.access import SESSION, access
from core.web.browsers import LIVE_HEADER, current_viewer
from core.web.pages import words
from core.web.pages.activity import Row, build_row
from core.web.pages.audited import note, note_look
from core.web.pages.rendering import begin_live_page, render_live_page, render_page
from core.web.pages.times import show_duration
from core.web.services import WebServices
from core.web.translation import gettext, mark

PAGE_SIZE = 30
_BAR = 72.0  # the height of the tallest bar


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, with how far this person brought it, as far as that can be told."""

    row: Row
    state: words.Words


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, what is held as a file, and the erasure with its question before."""

    @blueprint.get("/people/<path:address>")
    @access(SESSION)
    def show_correspondent(address: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            person = _find(session, viewer, address)
            listing, problem = _list(session, viewer, person.address)
            response = render_live_page(
                session,
                viewer,
                tag,
                "correspondent.html",
                person=person,
                letters=[_build_letter(item, person.address) for item in listing.items],
                next_cursor=listing.next_cursor,
                is_first="cursor" not in request.args,
                problem=problem,
                **_describe_habits(person.habits),
            )
        if LIVE_HEADER not in request.headers:
            note_look(services, AuditAction.RECIPIENT_VIEWED, address=person.address)
        if problem is not None:
            response.status_code = 400
        return response

    @blueprint.get("/people/<path:address>/export.json")
    @access(SESSION)
    def export_correspondent(address: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            held = describe_recipient(session, viewer.sight, _clean(address))
        if not held["messages"]:
            abort(404)
        with services.sessions.begin() as session:
            note(session, services, AuditAction.EXPORT, "all that is held on a recipient", address=held["address"])
        response = Response(orjson.dumps(held, option=orjson.OPT_INDENT_2), content_type="application/json")
        response.headers["Content-Disposition"] = 'attachment; filename="recipient.json"'
        return response

    @blueprint.get("/people/<path:address>/erase")
    @access(SESSION)
    def ask_correspondent_erasure(address: str) -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            person = _find(session, viewer, address)
            reach = choose_reach(viewer.sight, viewer.role)
            return render_page(session, viewer, "correspondent_erase.html", person=person, is_whole=reach.is_whole)

    @blueprint.post("/people/<path:address>/erase")
    @access(SESSION)
    def erase_correspondent(address: str) -> BaseResponse:
        viewer = current_viewer()
        with services.sessions.begin() as session:
            person = _find(session, viewer, address)
            reach = choose_reach(viewer.sight, viewer.role)
            erase_recipient(session, reach, person.address, services.keys, services.clock())
            note(session, services, AuditAction.ERASURE, "on the person's page")
        services.after_erasure()
        return redirect(url_for("pages.show_activity", done="erased"), 303)


def _clean(address: str) -> str:
    return fold_address(address.replace("\0", "")[:320])


def _find(session: Session, viewer: Viewer, address: str) -> Person:
    person = find_person(session, viewer.sight, _clean(address))
    if person is None:
        abort(404, mark("No mail to this address is to be seen here. It may have been erased, or was never tracked."))
    return person


def _list(session: Session, viewer: Viewer, address: str) -> tuple[Listing, str | None]:
    wanted = Wanted(person=address)
    cursor = request.args.get("cursor") or None
    try:
        return list_activity(session, viewer.sight, wanted, cursor=cursor, limit=PAGE_SIZE, patience=None), None
    except InputError:
        problem = mark("The place in the list that the address names is none of this list. Here is its beginning.")
        return list_activity(session, viewer.sight, wanted, cursor=None, limit=PAGE_SIZE, patience=None), problem


def _build_letter(message: MessageItem, address: str) -> Letter:
    row = build_row(message)
    if message.mode == "shared" and len(message.recipients) > 1:
        return Letter(row, row.state)
    status = next((item.status for item in message.recipients if fold_address(item.address) == address), "sent")
    text = words.describe_recipient(status)
    keys = {"read": ("read", "read"), "clicked": ("clicked", "click"), "replied": ("replied", "reply")}
    key, icon = keys.get(status) or (("bounced", "bounce") if status == "bounced" else ("quiet", "quiet"))
    return Letter(row, words.Words(key, icon, text))


def _describe_habits(habits: Habits) -> dict[str, object]:
    return {
        "bars": _draw_hours(habits.hours),
        "hours_text": _say_hours(habits.hours),
        "clients": [(words.describe_client(client), count) for client, count in habits.clients],
        "places_seen": [(words.describe_place(place), place.country or "", count) for place, count in habits.places],
        "delay": show_duration(habits.delay) if habits.delay is not None else None,
    }


def _draw_hours(hours: Sequence[int]) -> list[tuple[int, float, float]]:
    """Return for each hour its count, and the top and height of its bar."""
    tallest = max(hours) or 1
    heights = [round(_BAR * count / tallest, 1) for count in hours]
    return [(count, round(_BAR - height, 1), height) for count, height in zip(hours, heights, strict=True)]


def _say_hours(hours: Sequence[int]) -> str:
    number_at = gettext("%(number)s at %(hour)s:00")
    parts = [number_at % {"number": count, "hour": f"{hour:02}"} for hour, count in enumerate(hours) if count]
    return gettext("Visits by hour of day, UTC: %(hours)s.") % {"hours": ", ".join(parts)}
