"""Sample messages put among a user's own and taken out again, all at once. Their visits take the way of real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.accounts.owner import PLACEHOLDER_EMAIL
from core.hits.record import encode_record
from core.hits.store import HitStore
from core.keys import KeyRing
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.register import register_message
from core.samples.letters import LETTERS, Letter, Visit
from core.samples.visitors import describe_visitor
from core.storage.accounts import User
from core.storage.engine import Sessions
from core.storage.events import Batch
from core.storage.messages import Copy, Message, View
from core.tokens import TokenSigner


def load_samples(sessions: Sessions, ring: KeyRing, tracking_url: str, user_id: str, now: datetime) -> int:
    """Put the samples among the user's messages, unless they are there; return how many messages were added.

    Nobody is alerted: the visits are stored and judged as real ones are, but no alert is planned.
    """
    signer = TokenSigner(ring)
    lines: list[bytes] = []
    with sessions.begin() as session:
        user = session.get_one(User, user_id)
        if _find_samples(session, user.id):
            return 0
        for letter in LETTERS:
            lines += _send(session, signer, tracking_url, user, letter, now)
    try:
        store = HitStore(sessions, describe_visitor, ring, lambda *_: [], lambda: now)
        payload = b"".join(lines)
        store.store(_segment(user.id), 0, len(payload), payload)
    except Exception:
        remove_samples(sessions, user.id)
        raise
    return len(LETTERS)


def remove_samples(sessions: Sessions, user_id: str) -> int:
    """Take a user's samples out again, with everything that hangs on them; return how many messages went."""
    with sessions.begin() as session:
        session.execute(delete(Batch).where(Batch.segment == _segment(user_id)))
        ids = _find_samples(session, user_id)
        session.execute(delete(Message).where(Message.id.in_(ids)).execution_options(synchronize_session=False))
        return len(ids)


def _find_samples(session: Session, user_id: str) -> Sequence[str]:
    samples = (Message.user_id == user_id, Message.is_sample, Message.is_test.is_(False))
    return session.scalars(select(Message.id).where(*samples)).all()


def _segment(user_id: str) -> str:
    return f"samples-{user_id}"


def _send(
    session: Session, signer: TokenSigner, tracking_url: str, user: User, letter: Letter, now: datetime
) -> list[bytes]:
    """Write a letter's rows and return its visits as the edge would have written them."""
    sent_at = now - timedelta(seconds=letter.ago)
    draft = MessageDraft(
        subject=letter.subject,
        sender=user.email if user.email != PLACEHOLDER_EMAIL else "you@example.com",
        recipients=tuple(DraftRecipient(address, name) for name, address in letter.to),
        links=letter.links,
        sent_at=sent_at,
    )
    message = session.get_one(Message, register_message(session, signer, tracking_url, user, draft, now).message_id)
    message.is_sample, message.is_shared = True, False
    for seconds in letter.viewed:
        session.add(View(message_id=message.id, user_id=user.id, at=sent_at + timedelta(seconds=seconds)))
    session.flush()
    copy_id = session.scalars(select(Copy.id).where(Copy.message_id == message.id)).one()
    return [_record(copy_id, sent_at, visit) for visit in letter.visits]


def _record(copy_id: int, sent_at: datetime, visit: Visit) -> bytes:
    at = sent_at + timedelta(seconds=visit.after)
    visitor = visit.visitor
    environ = {"REQUEST_METHOD": visitor.method, "HTTP_USER_AGENT": visitor.user_agent}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in visitor.headers.items()}
    kind = "o" if visit.link is None else "c"
    return encode_record(kind, round(at.timestamp() * 1_000_000), copy_id, visit.link, visitor.address, environ)
