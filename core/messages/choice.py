"""What of a message is tracked: by its sender's choice, and leaving out whom they never track."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.instrument.reasons import NEVER_TRACKED, TRACKING_OFF
from core.messages.draft import DraftRecipient, MessageDraft, Mode
from core.messages.exclusions import Exclusions
from core.storage.accounts import User


@dataclass(frozen=True, slots=True)
class TrackingDefaults:
    """What a person wants tracked unless a message says otherwise."""

    opens: bool = True
    links: bool = True
    per_recipient: bool = False


def read_defaults(user: User) -> TrackingDefaults:
    """Read a person's defaults."""
    return TrackingDefaults(user.tracks_opens, user.tracks_links, user.tracks_per_recipient)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done with a draft: `tracked` is what to register, None for nothing at all, and then `reason` says
    why; `left_out` are recipients whose copies stay as they were written."""

    tracked: MessageDraft | None
    left_out: tuple[DraftRecipient, ...] = ()
    reason: str | None = None


def choose_tracked(draft: MessageDraft, exclusions: Exclusions) -> Choice:
    """Decide. One copy for all cannot leave anybody out, so then all are left out."""
    if not (draft.tracks_opens or draft.tracks_links):
        return Choice(None, draft.recipients, TRACKING_OFF)
    left_out = tuple(recipient for recipient in draft.recipients if exclusions.cover(recipient.address))
    if not left_out:
        return Choice(draft)
    if draft.mode is Mode.SHARED or len(left_out) == len(draft.recipients):
        return Choice(None, draft.recipients, NEVER_TRACKED)
    staying = tuple(recipient for recipient in draft.recipients if recipient not in left_out)
    return Choice(replace(draft, recipients=staying), left_out, NEVER_TRACKED)
