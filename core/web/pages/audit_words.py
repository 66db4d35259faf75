"""The audit log in plain words, and things that entries are about as links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.accounts.audit import AuditAction
from core.web.translation import gettext, mark

ACTIONS: Final[Mapping[str, str]] = {
    AuditAction.SIGNIN: mark("Signed in"),
    AuditAction.SIGNOUT: mark("Signed out"),
    AuditAction.SIGNIN_DISOWNED: mark("Said that a sign-in was not theirs"),
    AuditAction.SESSIONS_ENDED: mark("Signed out other browsers"),
    AuditAction.CONNECTION_ADDED: mark("Connected an account"),
    AuditAction.CONNECTION_REMOVED: mark("Disconnected an account"),
    AuditAction.CONNECTION_BROKEN: mark("An account needs to be connected again"),
    AuditAction.PEOPLE_INVITED: mark("Invited somebody"),
    AuditAction.INVITATION_REVOKED: mark("Took an invitation back"),
    AuditAction.PEOPLE_JOINED: mark("Joined the workspace"),
    AuditAction.PEOPLE_ROLE: mark("Changed somebody's role"),
    AuditAction.PEOPLE_REMOVED: mark("Removed somebody from the workspace"),
    AuditAction.SETTINGS_CHANGED: mark("Changed settings"),
    AuditAction.SHARING_CHANGED: mark("Changed who sees messages"),
    AuditAction.MESSAGE_DELETED: mark("Deleted a message"),
    AuditAction.MESSAGE_VIEWED: mark("Looked at a colleague's message"),
    AuditAction.RECIPIENT_VIEWED: mark("Looked at a recipient's data"),
    AuditAction.EVENT_CORRECTED: mark("Corrected an event"),
    AuditAction.EXPORT: mark("Exported data"),
    AuditAction.ERASURE: mark("Erased a recipient's data"),
    AuditAction.TRACKING_STOPPED: mark("Stopped the tracking of a message"),
    AuditAction.TOKEN_CREATED: mark("Made an API token"),
    AuditAction.TOKEN_REVOKED: mark("Revoked an API token"),
}


def describe_action(action: str) -> str:
    """Say an action in words; one that this version does not know is said as it is stored."""
    return gettext(ACTIONS.get(action, action))
