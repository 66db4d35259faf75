"""What people are told about their own account, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class NoticeKind(StrEnum):
    """Why somebody is written to. The values are stored; they never change."""

    NEW_DEVICE = "signin.new_device"
    SIGNIN_DISOWNED = "signin.disowned"
    RECONNECT = "connection.reconnect"


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a kind. `path` is the page here where something can be done, `action` what its link says.

    `subject` and `opening` may take up facts by their label, as `str.format` does.
    """

    subject: str
    opening: str
    advice: str
    path: str
    action: str


TEXTS: Final[Mapping[NoticeKind, Text]] = {
    NoticeKind.NEW_DEVICE: Text(
        "New sign-in to MailerPlex",
        "Somebody signed in to your MailerPlex account with a browser that was not seen before.",
        "If that was you, there is nothing to do. If not, open the page below and choose “This wasn't me”.",
        "/settings/security",
        "See your sign-ins",
    ),
    NoticeKind.SIGNIN_DISOWNED: Text(
        "A sign-in was reported as not genuine",
        "A person here says that a sign-in to their MailerPlex account was not theirs.",
        "Their other browsers were signed out, and what was made since (API tokens, connected accounts) was taken back."
        " The audit log shows what was done meanwhile.",
        "/settings/audit",
        "Open the audit log",
    ),
    NoticeKind.RECONNECT: Text(
        "{Provider} account to be connected again",
        "{Provider} no longer honours what you granted to MailerPlex, or not all of it. What used this account stands"
        " still until you connect it again; everything else goes on.",
        "This happens after a change of password, when access was taken back, or when it ran out. You get this mail"
        " once.",
        "/settings/connections",
        "Connect it again",
    ),
}
