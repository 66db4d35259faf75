"""The switch on a message by which its sender shows it to the team."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.messages.sharing import share_message
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.pages.audited import note
from core.web.services import WebServices


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the switch's form."""

    @blueprint.post("/messages/<id:message_id>/sharing")
    @access(SESSION)
    def switch_sharing(message_id: str) -> BaseResponse:
        viewer, shared = current_viewer(), request.form.get("shared") == "1"
        with services.sessions.begin() as session:
            if share_message(session, viewer.sight, message_id, shared=shared) is None:
                abort(404)
            note(
                session,
                services,
                AuditAction.SHARING_CHANGED,
                "shared with the team" if shared else "no longer shared",
                subject=f"message:{message_id}",
            )
        return redirect(url_for("pages.show_message", message_id=message_id), 303)
