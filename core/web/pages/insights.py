"""The insights page: when, with what, where and how soon people read, and what machines did, apart."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, request

from core.accounts.audit import AuditAction
from core.accounts.sessions import Viewer
from core.accounts.sight import Sight
from core.accounts.zones import find_zone
from core.errors import InputError
from core.storage.accounts import User
from core.timeline.insights.period import Period, parse_period
from core.timeline.insights.report import read_insights
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.csv_export import answer_csv
from core.web.pages.audited import note
from core.web.pages.insights_figures import describe_figures
from core.web.pages.insights_tables import BUILDERS, write_rows
from core.web.pages.rendering import render_page
from core.web.services import WebServices
from core.web.translation import gettext, mark

RANGES = (("7", mark("7 days")), ("30", mark("30 days")), ("90", mark("90 days")), ("365", mark("12 months")))


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the page, and its tables as CSV."""

    @blueprint.get("/insights")
    @access(SESSION)
    def show_insights() -> Response:
        viewer = current_viewer()
        with services.reading_sessions() as session:
            user = session.get_one(User, viewer.user_id)
            zone = find_zone(user.timezone)
            period, error = _read_period(zone, services.clock())
            sight = choose_sight(viewer)
            insights = read_insights(session, sight, period)
            response = render_page(
                session,
                viewer,
                "insights.html",
                insights=insights,
                period=period,
                ranges=RANGES,
                own_only=sight.own_only,
                error=error,
                has_zone=user.timezone is not None,
                zone=zone.key,
                chosen={"first": request.args.get("from", ""), "last": request.args.get("to", "")},
                credits=services.geo_credit() if insights.countries.shares else (),
                **describe_figures(insights),
            )
        response.status_code = 400 if error else 200
        return response

    @blueprint.get("/insights/<name>.csv")
    @access(SESSION)
    def export_insights(name: str) -> Response:
        build = BUILDERS.get(name)
        if build is None:
            abort(404)
        viewer, now = current_viewer(), services.clock()
        with services.reading_sessions() as session:
            zone = find_zone(session.get_one(User, viewer.user_id).timezone)
            period, error = _read_period(zone, now)
            if error:
                raise InputError(error)
            table = build(read_insights(session, choose_sight(viewer), period))
        with services.sessions.begin() as session:
            note(session, services, AuditAction.EXPORT, f"insights: {name}")
        header, rows = write_rows(table)
        return answer_csv(f"insights-{name}-{period.first}-{period.last}.csv", header, rows)


def choose_sight(viewer: Viewer) -> Sight:
    """Return what the viewer wants to look at: all that they may see, or their own messages alone."""
    return Sight(viewer.workspace_id, viewer.user_id, own_only=request.args.get("whose") == "mine")


def _read_period(zone: ZoneInfo, now: datetime) -> tuple[Period, str | None]:
    """Read the period that is asked for; one that is none becomes the usual one, and a sentence."""
    asked = tuple(request.args.get(name, "")[:40] for name in ("days", "from", "to"))
    try:
        return parse_period(asked[0], asked[1], asked[2], zone, now), None
    except InputError as error:
        return parse_period("", "", "", zone, now), gettext(str(error))
