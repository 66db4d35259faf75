"""The alerts page: what the sender was told, new ones first to be seen. The e-mails say the same."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.alerts.inbox import AlertView, list_alerts, mark_seen
from core.signal.evidence import Kind, Verdict
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.rendering import begin_live_page, render_live_page
from core.web.pages.words import VERDICTS, Words, count_of, describe_confidence
from core.web.services import WebServices

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in words."""

    alert: AlertView
    verdict: Words
    headline: str
    confidence: str
    repeats: str


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the list, and marking all as seen."""

    @blueprint.get("/alerts")
    @access(SESSION)
    def show_alerts() -> Response:
        viewer = current_viewer()
        cursor = request.args.get("cursor") or None
        with services.reading_sessions() as session:
            tag, unchanged = begin_live_page(session, viewer)
            if unchanged is not None:
                return unchanged
            page = list_alerts(session, viewer.user_id, cursor=cursor, limit=PAGE_SIZE)
            lines = [build_line(alert) for alert in page.items]
            return render_live_page(session, viewer, tag, "alerts.html", lines=lines, next_cursor=page.next)

    @blueprint.post("/alerts/seen")
    @access(SESSION)
    def see_all() -> BaseResponse:
        with services.sessions.begin() as session:
            mark_seen(session, current_viewer().user_id, services.clock())
        return redirect(url_for("pages.show_alerts"), 303)


def build_line(alert: AlertView) -> Line:
    """Put an alert into words."""
    who = alert.recipient or (f"One of {alert.recipient_count}" if alert.recipient_count > 1 else "The recipient")
    did = {
        Kind.OPEN: f"{who} opened “{alert.subject}”",
        Kind.CLICK: f"{who} followed a link in “{alert.subject}”",
        Kind.REPLY: f"{who} replied to “{alert.subject}”",
        Kind.BOUNCE: f"“{alert.subject}” bounced",
    }[alert.kind]
    return Line(
        alert=alert,
        verdict=VERDICTS[alert.verdict or Verdict.UNKNOWN],
        headline=did,
        confidence=describe_confidence(alert.confidence),
        repeats="" if alert.repeats == 1 else count_of(alert.repeats, "time"),
    )
