"""What a person who knows better says of events: it was me, a machine, really them; and taking that back."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core.accounts.audit import AuditAction
from core.errors import InputError
from core.messages.lookup import load_own_message
from core.signal.evidence import Verdict
from core.timeline.correction import correct_event, load_event
from core.web.access import SESSION, access
from core.web.browsers import current_viewer
from core.web.identifiers import IdConverter
from core.web.pages.audited import note
from core.web.services import WebServices
from core.web.translation import mark

_CHOICES: Final = {"me": Verdict.SELF, "machine": Verdict.SCANNER, "them": Verdict.HUMAN, "undo": None}
_MOST: Final = 200
DONE: Final = {
    "me": mark("Noted: that was you."),
    "machine": mark("Noted: that was a machine."),
    "them": mark("Noted: that was really them."),
    "undo": mark("Your correction was taken back. The rules decide again."),
}


def add_routes(blueprint: Blueprint, services: WebServices) -> None:
    """Add the form's address. It takes several events: a machine's burst is corrected as one."""

    @blueprint.post("/messages/<id:message_id>/correct")
    @access(SESSION)
    def correct_events(message_id: str) -> BaseResponse:
        with services.reading_sessions() as session:
            if load_own_message(session, current_viewer().sight, message_id) is None:
                abort(404)
        choice = request.form.get("is", "")
        ids = list(dict.fromkeys(request.form.getlist("event")))[:_MOST]
        if choice not in _CHOICES or not ids or not all(map(IdConverter.is_one, ids)):
            raise InputError("The form said nothing that an event can be. Go back and choose again.")
        due = _correct(services, message_id, ids, choice)
        services.deliver(due)
        target = url_for("pages.show_message", message_id=message_id, done=choice, before=request.form.get("before"))
        return redirect(f"{target}#event-{ids[0]}", 303)


def _correct(services: WebServices, message_id: str, ids: list[str], choice: str) -> list[str]:
    viewer = current_viewer()
    due: list[str] = []
    with services.sessions.begin() as session:
        for event_id in ids:
            event = load_event(session, viewer.sight, event_id)
            if event is None or event.message_id != message_id:
                abort(404)
            due += correct_event(session, event, _CHOICES[choice], services.rejudge)
        note(session, services, AuditAction.EVENT_CORRECTED, subject=f"message:{message_id}")
    return due
