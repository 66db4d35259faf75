"""Saving one's own e-mail address, from the settings and from the start page."""

from __future__ import annotations

from flask import request
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction
from core.accounts.owner import change_email
from core.alerts.rules import create_default_rules
from core.storage.accounts import User
from core.web.browsers import current_viewer
from core.web.pages.audited import note
from core.web.services import WebServices


def save_own_address(session: Session, services: WebServices) -> None:
    """Save the address of the form, with alerts to it where there is a mail server. Raises InputError."""
    user_id = current_viewer().user_id
    change_email(session, user_id, request.form.get("email", ""))
    if services.settings.smtp_url is not None:
        create_default_rules(session, session.get_one(User, user_id), with_email=True)
    note(session, services, AuditAction.SETTINGS_CHANGED, "address")
