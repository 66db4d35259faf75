"""The audit log in plain words, and things that entries are about as links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.accounts.audit import AuditAction

ACTIONS: Final[Mapping[str, str]] = {
    AuditAction.SIGNIN: "Signed in",
    AuditAction.SIGNOUT: "Signed out",
    AuditAction.SIGNIN_DISOWNED: "Said that a sign-in was not theirs",
    AuditAction.SESSIONS_ENDED: "Signed out other browsers",
    AuditAction.CONNECTION_ADDED: "Connected an account",
    AuditAction.CONNECTION_REMOVED: "Disconnected an account",
    AuditAction.CONNECTION_BROKEN: "An account needs to be connected again",
    AuditAction.PEOPLE_INVITED: "Invited somebody",
    AuditAction.INVITATION_REVOKED: "Took an invitation back",
    AuditAction.PEOPLE_JOINED: "Joined the workspace",
    AuditAction.PEOPLE_ROLE: "Changed somebody's role",
    AuditAction.PEOPLE_REMOVED: "Removed somebody from the workspace",
    AuditAction.SETTINGS_CHANGED: "Changed settings",
    AuditAction.SHARING_CHANGED: "Changed who sees messages",
    AuditAction.MESSAGE_DELETED: "Deleted a message",
    AuditAction.MESSAGE_VIEWED: "Looked at a colleague's message",
    AuditAction.RECIPIENT_VIEWED: "Looked at a recipient's data",
    AuditAction.EVENT_CORRECTED: "Corrected an event",
    AuditAction.EXPORT: "Exported data",
    AuditAction.ERASURE: "Erased a recipient's data",
    AuditAction.TRACKING_STOPPED: "Stopped the tracking of a message",
    AuditAction.TOKEN_CREATED: "Made an API token",
    AuditAction.TOKEN_REVOKED: "Revoked an API token",
}


def describe_action(action: str) -> str:
    """Say an action in words; one that this version does not know is said as it is stored."""
    return ACTIONS.get(action, action)
