from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from core.accounts.sessions import (
    IDLE_LIFETIME,
    SESSION_LIFETIME,
    end_other_sessions,
    end_session,
    find_viewer,
    is_stale,
    remove_expired,
    start_session,
    touch_session,
)
from core.accounts.signin import create_signin_link, use_signin_link
from core.storage.engine import Sessions
from core.storage.models import Session, SigninLink, User

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_a_session_is_found_by_its_secret_until_it_is_ended(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        secret = start_session(session, owner.id, "Firefox" * 100, NOW)
        viewer = find_viewer(session, secret, NOW)
        assert viewer is not None
        assert (viewer.user_id, viewer.workspace_id, viewer.email) == (owner.id, owner.workspace_id, owner.email)
        assert find_viewer(session, secret[:-1], NOW) is None
        end_session(session, viewer.session_id)
        assert find_viewer(session, secret, NOW) is None


def test_a_session_that_is_not_used_ends_and_one_in_use_goes_on_up_to_its_longest_life(
    sessions: Sessions, owner: User
) -> None:
    with sessions.begin() as session:
        secret = start_session(session, owner.id, "", NOW)
        assert find_viewer(session, secret, NOW + IDLE_LIFETIME) is None
        at = NOW
        while (viewer := find_viewer(session, secret, at)) is not None:
            assert not is_stale(viewer, viewer.seen_at)
            touch_session(session, viewer.session_id, at)
            session.flush()
            at += timedelta(days=1)
        assert at == NOW + SESSION_LIFETIME
    assert timedelta(days=30) == SESSION_LIFETIME


def test_signing_out_elsewhere_leaves_this_browser_and_other_users(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        other = User(workspace_id=owner.workspace_id, email="ann@example.com", role="member", created_at=NOW)
        session.add(other)
        session.flush()
        kept, ended = start_session(session, owner.id, "", NOW), start_session(session, owner.id, "", NOW)
        others = start_session(session, other.id, "", NOW)
        viewer = find_viewer(session, kept, NOW)
        assert viewer is not None
        assert end_other_sessions(session, owner.id, viewer.session_id) == 1
        assert find_viewer(session, kept, NOW) is not None
        assert find_viewer(session, others, NOW) is not None
        assert find_viewer(session, ended, NOW) is None


def test_what_cannot_be_used_any_more_is_removed(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        start_session(session, owner.id, "", NOW - SESSION_LIFETIME)
        kept = start_session(session, owner.id, "", NOW)
        used = create_signin_link(session, owner, "", NOW).removeprefix("/signin/")
        use_signin_link(session, used, NOW)
        create_signin_link(session, owner, "", NOW - timedelta(hours=1))
        create_signin_link(session, owner, "", NOW)
        session.flush()
        assert remove_expired(session, NOW) == 3
        assert find_viewer(session, kept, NOW) is not None
        assert session.scalar(select(func.count()).select_from(Session)) == 1
        assert session.scalar(select(func.count()).select_from(SigninLink)) == 1
