"""Erasing a person: everything held on an address in one transaction, in a workspace or in one sender's own mail.

On a copy that only this person got, everything goes, the copy too, so that hits still on their way are dropped. On a
copy that several got, its opens and clicks may be anyone's: they go as well, and the copy records nothing any more;
the other recipients stay. What remains is the address's keyed digest, so that a backup restored later is erased again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from core.accounts.audit import erase_from_audit
from core.accounts.roles import MANAGERS
from core.accounts.sight import Sight, see_whole, sees_message
from core.keys import Key, KeyRing
from core.messages.draft import fold_address
from core.messages.exclusions import forget_address
from core.privacy.recount import recount_message
from core.privacy.redaction import redact_message
from core.privacy.scrubbing import request_scrub
from core.storage.alerting import Alert
from core.storage.events import Event
from core.storage.messages import Copy, Erasure, Message, Recipient

_USE: Final = "erasure"
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """How many rows of each kind went. `messages` are those that were left without any recipient."""

    recipients: int = 0
    copies: int = 0
    messages: int = 0
    events: int = 0
    alerts: int = 0


def choose_reach(sight: Sight, role: str) -> Sight:
    """Return how far an erasure asked for by a person goes: all mail of the workspace for those who answer for it.

    A member erases within their own messages: what teammates track is not theirs to end, shared or not.
    """
    return see_whole(sight.workspace_id) if role in MANAGERS else replace(sight, own_only=True)


def erase_recipient(session: Session, reach: Sight, address: str, ring: KeyRing, now: datetime) -> ErasureResult:
    """Erase all that is held on `address` within `reach`. Erasing what is not there is harmless.

    After the commit SQLite's files still hold it in places: run `core.privacy.scrubbing.scrub_sqlite` then.
    """
    folded = fold_address(address)
    query = (
        select(Message.id)
        .join(Recipient, Recipient.message_id == Message.id)
        .where(sees_message(reach), Recipient.address_folded == folded)
        .order_by(Message.id)
        .distinct()
    )
    ids = session.scalars(query).all()
    total = ErasureTotal()
    for start in range(0, len(ids), _BATCH):
        # Locked in the order of ids, as everywhere, and each before it is changed.
        batch = select(Message).where(Message.id.in_(ids[start : start + _BATCH])).order_by(Message.id)
        for message in session.scalars(batch.with_for_update()).all():
            erase_in_message(session, message, folded, total)
        session.flush()
    erase_from_audit(session, reach.workspace_id, folded, reach.user_id or None)
    digest = derive_digest(ring.signing, folded, reach.user_id)
    session.merge(Erasure(workspace_id=reach.workspace_id, digest=digest, erased_at=now))
    forget_address(session, reach.workspace_id, reach.user_id or None, folded, ring.signing)
    request_scrub(session, now)
    session.flush()
    return total.freeze()


def derive_digest(key: Key, folded_address: str, user_id: str = "") -> bytes:
    """Return the keyed digest under which an erasure is remembered: of a whole workspace, or of one user's own mail."""
    text = f"{folded_address}\0{user_id}" if user_id else folded_address
    return blake2b(text.encode("utf-8", "surrogatepass"), key=key.derive(_USE), digest_size=32).digest()


def find_erasure(session: Session, reach: Sight, address: str, ring: KeyRing) -> datetime | None:
    """Return when an address was last erased just so far, by whatever key was in use then."""
    folded = fold_address(address)
    digests = [derive_digest(key, folded, reach.user_id) for key in ring.keys]
    query = select(Erasure.erased_at).where(Erasure.workspace_id == reach.workspace_id, Erasure.digest.in_(digests))
    return max(session.scalars(query), default=None)


@dataclass(slots=True)
class ErasureTotal:
    """The numbers of a result while they are counted."""

    recipients: int = 0
    copies: int = 0
    messages: int = 0
    events: int = 0
    alerts: int = 0

    def freeze(self) -> ErasureResult:
        """Return the result."""
        return ErasureResult(self.recipients, self.copies, self.messages, self.events, self.alerts)


def erase_in_message(session: Session, message: Message, folded: str, total: ErasureTotal) -> None:
    """Erase an address from one message, which must be locked; the message goes where nobody else got it."""
    recipients = session.scalars(select(Recipient).where(Recipient.message_id == message.id)).all()
    erased = [recipient for recipient in recipients if recipient.address_folded == folded]
    staying = [recipient for recipient in recipients if recipient.address_folded != folded]
    _erase_events(session, message.id, erased, total)
    total.recipients += len(erased)
    if not staying:
        total.copies += len({recipient.copy_id for recipient in erased})
        total.messages += 1
        session.execute(delete(Message).where(Message.id == message.id).execution_options(synchronize_session=False))
        session.expunge(message)
        return
    for recipient in erased:
        session.execute(
            delete(Recipient).where(Recipient.id == recipient.id).execution_options(synchronize_session=False)
        )
    _close_copies(session, message, {recipient.copy_id for recipient in erased}, staying, total)
    redact_message(session, message, folded)
    recount_message(session, message)


def _erase_events(session: Session, message_id: str, erased: Sequence[Recipient], total: ErasureTotal) -> None:
    """Erase what they did, and what anyone did on a copy of theirs that cannot be told apart; alerts with it."""
    theirs = or_(
        Event.recipient_id.in_([recipient.id for recipient in erased]),
        and_(Event.copy_id.in_([recipient.copy_id for recipient in erased]), Event.recipient_id.is_(None)),
    )
    erase_events(session, message_id, theirs, total)


def erase_events(session: Session, message_id: str, theirs: ColumnElement[bool], total: ErasureTotal) -> None:
    """Erase some events of a message, and the alerts about them."""
    wanted = and_(Event.message_id == message_id, theirs)
    of_events = Alert.event_id.in_(select(Event.id).where(wanted))
    alerts = delete(Alert).where(Alert.message_id == message_id, of_events).returning(Alert.id)
    total.alerts += len(session.execute(alerts.execution_options(synchronize_session=False)).all())
    events = delete(Event).where(wanted).returning(Event.id)
    total.events += len(session.execute(events.execution_options(synchronize_session=False)).all())


def _close_copies(
    session: Session, message: Message, copy_ids: set[int], staying: Sequence[Recipient], total: ErasureTotal
) -> None:
    """Delete copies that nobody has any more; stop the shared ones from their very beginning.

    A hit that came before the erasure may still be on its way; stopped from now on, the copy would take it.
    """
    shared = copy_ids & {recipient.copy_id for recipient in staying}
    for copy in session.scalars(select(Copy).where(Copy.id.in_(copy_ids))):
        if copy.id in shared:
            copy.stopped_at = min(message.created_at, message.sent_at or message.created_at)
        else:
            session.delete(copy)
            total.copies += 1
    session.flush()
