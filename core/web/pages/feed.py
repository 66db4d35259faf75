"""The feed: what just happened in all one's mail, newest first, by day; people by default, machines when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from core.accounts.sight import Sight
from core.errors import InputError
from core.timeline.recent import Recent, RecentItem, list_recent
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages import words
from core.web.pages.rendering import begin_live_page, render_live_page
from core.web.pages.times import show_day
from core.web.services import WebServices
from core.web.translation import gettext, mark

PAGE_SIZE = 50
_PATIENCE_SECONDS = 0.015
_OLD_CURSOR = mark("The place in the feed that the address names is none of this feed. Here is its beginning.")
# What happened longer ago is no news, though it may be new here: a correction, a visit that was judged late.
_NEWS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words. `is_news`: worth a notification, since a person did it just now."""

    item: RecentItem
    verdict: words.Words
    headline: str
    confidence: str
    client: str
    is_news: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day, UTC's, as `title` names it."""

    at: datetime
    title: str
    lines: tuple[Line, ...]


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page."""

    @blueprint.get("/feed")
    @access(SESSION)
    def show_feed() -> Response:
        viewer = current_viewer()
        machines = request.args.get("machines") == "1"
        now = services.clock()
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            recent, problem = _list(session, viewer.sight, machines)
            response = render_live_page(
                session,
                viewer,
                tag,
                "feed.html",
                days=group_days([describe(item, now) for item in recent.items], now.date()),
                recent=recent,
                machines=machines,
                is_first="cursor" not in request.args or problem is not None,
                problem=problem,
            )
        if problem is not None:
            response.status_code = 400
        return response


def _list(session: Session, sight: Sight, machines: bool) -> tuple[Recent, str | None]:
    cursor = request.args.get("cursor") or None
    patience = None if request.args.get("deep") == "1" else _PATIENCE_SECONDS
    try:
        recent = list_recent(session, sight, machines=machines, cursor=cursor, limit=PAGE_SIZE, patience=patience)
    except InputError:
        return list_recent(
            session, sight, machines=machines, cursor=None, limit=PAGE_SIZE, patience=patience
        ), _OLD_CURSOR
    return recent, None


def describe(item: RecentItem, now: datetime) -> Line:
    """Put an event into words."""
    event = item.event
    return Line(
        item=item,
        verdict=words.describe_verdict(event),
        headline=words.describe_event(event, item.name or event.recipient, item.recipients),
        confidence=words.describe_confidence(event.confidence),
        client=words.describe_client(event.client),
        is_news=(event.verdict is None or event.verdict.is_human) and now - event.at <= _NEWS,
    )


def group_days(lines: Sequence[Line], today: date) -> list[Day]:
    """Group lines, newest first, by day."""
    days = []
    for day, found in groupby(lines, key=lambda line: line.item.event.at.date()):
        of_day = tuple(found)
        days.append(Day(of_day[0].item.event.at, _name_day(day, today), of_day))
    return days


def _name_day(day: date, today: date) -> str:
    known = {today: gettext("Today"), today - timedelta(days=1): gettext("Yesterday")}
    return known.get(day) or show_day(day)
