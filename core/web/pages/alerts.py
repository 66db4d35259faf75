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
from core.web.pages.words import VERDICTS, Words, describe_confidence
from core.web.services import WebServices
from core.web.translation import gettext, ngettext

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
    return Line(
        alert=alert,
        verdict=VERDICTS[alert.verdict or Verdict.UNKNOWN],
        headline=_describe(alert),
        confidence=describe_confidence(alert.confidence),
        repeats=""
        if alert.repeats == 1
        else ngettext("%(num)s time", "%(num)s times", alert.repeats) % {"num": alert.repeats},
    )


def _describe(alert: AlertView) -> str:
    who, number = alert.recipient, alert.recipient_count
    if who is None:
        who = gettext("One of %(number)s") % {"number": number} if number > 1 else gettext("The recipient")
    sentence = {
        Kind.OPEN: gettext("%(who)s opened “%(subject)s”"),
        Kind.CLICK: gettext("%(who)s followed a link in “%(subject)s”"),
        Kind.REPLY: gettext("%(who)s replied to “%(subject)s”"),
        Kind.BOUNCE: gettext("“%(subject)s” bounced"),
    }[alert.kind]
    return sentence % {"who": who, "subject": alert.subject}
