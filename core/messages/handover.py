"""All messages of one person given to another, with what hangs on them; for when somebody leaves."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.storage.accounts import Mailbox, User
from core.storage.messages import Message, View


def hand_over_messages(session: Session, giver: User, heir: User) -> int:
    """Make `heir` the sender in charge of all messages of `giver`; return how many. Samples are not worth keeping.

    The sender's own views go along: hits around them were the sender's, whoever that is now. Events keep their place in
    the feed, so they do not come again there.
    """
    options = {"synchronize_session": False}
    given = select(Message.id).where(Message.user_id == giver.id, Message.is_sample.is_(False))
    session.execute(
        update(View)
        .where(View.user_id == giver.id, View.message_id.in_(given))
        .values(user_id=heir.id)
        .execution_options(**options)
    )
    session.execute(
        update(Mailbox).where(Mailbox.user_id == giver.id).values(user_id=heir.id).execution_options(**options)
    )
    moved = session.execute(
        update(Message)
        .where(Message.user_id == giver.id, Message.is_sample.is_(False))
        .values(user_id=heir.id)
        .execution_options(**options)
    )
    return int(getattr(moved, "rowcount", 0))
