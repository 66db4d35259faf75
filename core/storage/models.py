"""All models in one place, for migrations and for those who need several."""

from __future__ import annotations

from core.storage.accounts import (
    ApiToken,
    IdempotencyRecord,
    InstallationFact,
    Mailbox,
    Session,
    Signin,
    SigninLink,
    User,
    Workspace,
)
from core.storage.alerting import Alert, AlertRule
from core.storage.auditing import AuditEntry
from core.storage.base import Base
from core.storage.connections import Connection, OauthState
from core.storage.events import Batch, Event
from core.storage.messages import Copy, Erasure, Link, Message, Recipient, View
from core.storage.noticing import Notice
from core.storage.people import Invitation, JoiningDomain
from core.storage.setup import Exclusion, ProviderCredential, SelfTest

__all__ = [
    "Alert",
    "AlertRule",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Batch",
    "Connection",
    "Copy",
    "Erasure",
    "Event",
    "Exclusion",
    "IdempotencyRecord",
    "InstallationFact",
    "Invitation",
    "JoiningDomain",
    "Link",
    "Mailbox",
    "Message",
    "Notice",
    "OauthState",
    "ProviderCredential",
    "Recipient",
    "SelfTest",
    "Session",
    "Signin",
    "SigninLink",
    "User",
    "View",
    "Workspace",
]
