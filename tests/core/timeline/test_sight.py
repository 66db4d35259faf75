"""What one person sees of a team's mail: their own, what is shared, and nothing else; in lists, feed and erasure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core.accounts.sight import Sight, see_whole, sees_message
from core.errors import NotAllowedError
from core.keys import KeyRing
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.lookup import load_own_message
from core.messages.register import register_message
from core.messages.removal import delete_message
from core.privacy.erasure import choose_reach, erase_recipient, find_erasure
from core.privacy.held import describe_recipient
from core.storage.engine import Sessions
from core.storage.models import Message, User
from core.timeline import feed
from core.timeline.correction import load_event
from core.timeline.feed import find_event, find_feed_end, read_feed
from core.timeline.messages import find_message
from core.timeline.outbox import MessageFilter, list_messages
from core.tokens import TokenSigner
from tests.support.api import NOW, add_event

ANN = "ann@example.com"


def sight(user: User) -> Sight:
    """Look with a user's eyes."""
    return Sight(user.workspace_id, user.id)


@pytest.fixture
def teammate(sessions: Sessions, owner: User) -> User:
    """A member of the owner's workspace."""
    with sessions.begin() as session:
        user = User(workspace_id=owner.workspace_id, email="tim@example.com", role="member", created_at=NOW)
        session.add(user)
    return user


class Post:
    """Sends messages."""

    def __init__(self, sessions: Sessions, signer: TokenSigner) -> None:
        self._sessions, self._signer, self._sent = sessions, signer, 0

    def send(self, user: User, *, is_shared: bool = False, subject: str = "Offer") -> str:
        """Register a message, each sent a minute after the one before, and return its id."""
        self._sent += 1
        sent_at = NOW - timedelta(days=1) + timedelta(minutes=self._sent)
        draft = MessageDraft(
            subject=subject, sender=user.email, recipients=(DraftRecipient(ANN, None),), sent_at=sent_at
        )
        with self._sessions.begin() as session:
            registered = register_message(session, self._signer, "https://t.example", user, draft, NOW)
            session.get_one(Message, registered.message_id).is_shared = is_shared
        return registered.message_id


@pytest.fixture
def post(sessions: Sessions, signer: TokenSigner) -> Post:
    """The sender of messages."""
    return Post(sessions, signer)


def listed(session: Session, eyes: Sight, wanted: MessageFilter | None = None, limit: int = 50) -> list[str]:
    """List all pages."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = list_messages(session, eyes, wanted, cursor=cursor, limit=limit)
        found += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_one_sees_ones_own_messages_and_the_shared_ones(
    sessions: Sessions, owner: User, teammate: User, post: Post
) -> None:
    own, shared, hidden = post.send(teammate), post.send(owner, is_shared=True), post.send(owner)
    own_shared = post.send(teammate, is_shared=True)
    with sessions() as session:
        assert listed(session, sight(teammate)) == [own_shared, shared, own]
        assert listed(session, sight(owner)) == [own_shared, hidden, shared]
        assert listed(session, Sight(teammate.workspace_id, teammate.id, own_only=True)) == [own_shared, own]
        assert listed(session, see_whole(owner.workspace_id)) == [own_shared, hidden, shared, own]
        assert find_message(session, sight(teammate), hidden) is None
        assert find_message(session, sight(teammate), shared) is not None


def test_pages_of_own_and_shared_messages_leave_none_out_and_show_none_twice(
    sessions: Sessions, owner: User, teammate: User, post: Post
) -> None:
    seen = [post.send(user, is_shared=True) for user in (owner, teammate, owner, owner, teammate) * 2]
    post.send(owner)
    with sessions.begin() as session:
        for message_id in seen[2:5]:
            session.get_one(Message, message_id).sent_at = None
    with sessions() as session:
        for limit in (1, 2, 3, 50):
            found = listed(session, sight(teammate), limit=limit)
            assert sorted(found) == sorted(seen)
            assert set(found[:3]) == set(seen[2:5])
        assert listed(session, sight(teammate), MessageFilter(q="offer", recipient=ANN, status="sent")) == found


@pytest.mark.parametrize("few_events", [0, 5_000])
def test_the_feed_shows_the_events_of_messages_that_are_seen(
    sessions: Sessions, owner: User, teammate: User, post: Post, few_events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_FEW_EVENTS", few_events)
    messages = [post.send(teammate), post.send(owner), post.send(owner, is_shared=True)]
    own, hidden, shared = [add_event(sessions, message_id) for message_id in messages]
    with sessions() as session:
        assert [item.id for item in read_feed(session, sight(teammate)).items] == [own, shared]
        assert [item.id for item in read_feed(session, sight(owner)).items] == [hidden, shared]
        assert [item.id for item in read_feed(session, see_whole(owner.workspace_id)).items] == [own, hidden, shared]
        first = read_feed(session, sight(teammate), limit=1)
        assert [item.id for item in read_feed(session, sight(teammate), cursor=first.next_cursor).items] == [shared]
        assert read_feed(session, sight(teammate), cursor=find_feed_end(session, sight(teammate))).items == ()
        assert find_event(session, sight(teammate), hidden) is None
        assert find_event(session, sight(teammate), shared) is not None


def test_a_shared_message_is_its_senders_to_change(sessions: Sessions, owner: User, teammate: User, post: Post) -> None:
    shared, hidden = post.send(owner, is_shared=True), post.send(owner)
    event_id, hidden_event = add_event(sessions, shared), add_event(sessions, hidden)
    with sessions.begin() as session:
        for change in (
            lambda: delete_message(session, sight(teammate), shared),
            lambda: load_own_message(session, sight(teammate), shared),
            lambda: load_event(session, sight(teammate), event_id),
        ):
            with pytest.raises(NotAllowedError, match="only its sender"):
                change()
        assert not delete_message(session, sight(teammate), hidden)
        assert load_event(session, sight(teammate), hidden_event) is None
        assert load_event(session, sight(owner), event_id) is not None
        assert delete_message(session, sight(owner), shared)
        assert session.query(Message).where(sees_message(see_whole(owner.workspace_id))).count() == 1


def test_a_member_erases_within_their_own_messages_and_the_owner_everywhere(
    sessions: Sessions, owner: User, teammate: User, post: Post, ring: KeyRing
) -> None:
    own, shared = post.send(teammate), post.send(owner, is_shared=True)
    with sessions() as session:
        held = describe_recipient(session, sight(teammate), ANN)
    assert [message["id"] for message in held["messages"]] == [own, shared]
    members, owners = choose_reach(sight(teammate), "member"), choose_reach(sight(owner), "owner")
    with sessions.begin() as session:
        assert erase_recipient(session, members, ANN, ring, NOW).messages == 1
        assert find_message(session, sight(teammate), shared) is not None
        assert find_erasure(session, members, ANN, ring) == NOW
        assert find_erasure(session, owners, ANN, ring) is None, "a restore must not erase others' mail for it"
    post.send(teammate)
    with sessions.begin() as session:
        assert erase_recipient(session, owners, ANN, ring, NOW).messages == 2
        assert find_erasure(session, owners, ANN, ring) == NOW


def test_new_messages_are_shared_by_those_who_choose_so(sessions: Sessions, owner: User, post: Post) -> None:
    with sessions.begin() as session:
        session.get_one(User, owner.id).shares_messages = True
    with sessions() as session:
        sharer = session.get_one(User, owner.id)
    draft = MessageDraft(subject="Hello", sender=owner.email, recipients=(DraftRecipient(ANN, None),))
    with sessions.begin() as session:
        made = register_message(session, post._signer, "https://t.example", sharer, draft, NOW)
        assert session.get_one(Message, made.message_id).is_shared
