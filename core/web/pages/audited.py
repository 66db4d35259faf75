"""Writing down what the viewer of a page does, and at whose data they look."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit, record_look
from core.web.browsers import current_viewer
from core.web.services import WebServices


def note(
    session: Session,
    services: WebServices,
    action: AuditAction,
    detail: str | None = None,
    *,
    subject: str | None = None,
    address: str | None = None,
) -> None:
    """Record what the viewer did, in the transaction of doing it."""
    viewer = current_viewer()
    record_audit(
        session,
        workspace_id=viewer.workspace_id,
        actor_id=viewer.user_id,
        action=action,
        now=services.clock(),
        subject=subject,
        detail=detail,
        address=address,
    )


def note_look(
    services: WebServices, action: AuditAction, *, subject: str | None = None, address: str | None = None
) -> None:
    """Record that the viewer looked, after the page was read; once an hour for each thing."""
    viewer = current_viewer()
    record_look(
        services.reading_sessions,
        services.sessions,
        workspace_id=viewer.workspace_id,
        actor_id=viewer.user_id,
        action=action,
        now=services.clock(),
        subject=subject,
        address=address,
    )
