"""The audit log as a page and as a file: an owner or admin sees all, everybody else what they did themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, request

from core.accounts.audit import AuditAction
from core.accounts.audit_reading import (
    NOBODY,
    AuditFilter,
    AuditView,
    list_actors,
    list_audit,
    read_audit,
    reads_all,
)
from core.accounts.sessions import Viewer
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.csv_export import Cell, answer_csv
from core.web.pages.audit_words import ACTIONS, describe_action
from core.web.pages.audited import note
from core.web.pages.rendering import render_page
from core.web.services import WebServices

PAGE_SIZE = 50
_FIELDS = ("person", "action", "since", "until")
_HEADER = ("Time", "Person", "Address", "Action", "What", "Thing", "Recipient", "Detail")


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page and its file."""

    @blueprint.get("/settings/audit")
    @access(SESSION)
    def show_audit() -> Response:
        viewer = current_viewer()
        chosen = {name: request.args.get(name, "")[:40] for name in _FIELDS}
        cursor = request.args.get("cursor") or None
        with services.reading_sessions() as session:
            page = list_audit(session, viewer, read_filter(), cursor=cursor, limit=PAGE_SIZE)
            return render_page(
                session,
                viewer,
                "audit.html",
                entries=page.items,
                next_cursor=page.next_cursor,
                is_first=cursor is None,
                chosen=chosen,
                query={name: value for name, value in chosen.items() if value},
                people=list_actors(session, viewer),
                actions=ACTIONS,
                describe_action=describe_action,
                reads_all=reads_all(viewer),
            )

    @blueprint.get("/settings/audit.csv")
    @access(SESSION)
    def export_audit() -> Response:
        viewer, wanted = current_viewer(), read_filter()
        with services.sessions.begin() as session:
            note(session, services, AuditAction.EXPORT, "audit log")
        return answer_csv("audit.csv", _HEADER, _list_rows(services, viewer, wanted))


def read_filter() -> AuditFilter:
    """Read what the form chose; what is none of its choices is left out, so that an old link shows something."""
    person, action = request.args.get("person", ""), request.args.get("action", "")
    is_id = len(person) == 32 and person.isascii() and person.isalnum()
    until = _parse_day(request.args.get("until", ""))
    return AuditFilter(
        actor=person if is_id or person == NOBODY else None,
        action=action if action in tuple(AuditAction) else None,
        since=_parse_day(request.args.get("since", "")),
        until=None if until is None else until + timedelta(days=1),
    )


def _parse_day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _list_rows(services: WebServices, viewer: Viewer, wanted: AuditFilter) -> Iterator[tuple[Cell, ...]]:
    for entry in read_audit(services.reading_sessions, viewer, wanted):
        yield _build_row(entry)


def _build_row(entry: AuditView) -> tuple[Cell, ...]:
    return (
        entry.at,
        entry.actor_name,
        entry.actor_email,
        entry.action,
        describe_action(entry.action),
        entry.thing,
        entry.address,
        entry.detail,
    )
