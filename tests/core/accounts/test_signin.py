from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy import select

from core.accounts.signin import LINK_LIFETIME, create_signin_link, is_usable, use_signin_link
from core.storage.engine import Sessions
from core.storage.models import SigninLink, User

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://track.example.com"


def make_secret(sessions: Sessions, owner: User) -> str:
    with sessions.begin() as session:
        return create_signin_link(session, owner, URL, NOW).removeprefix(f"{URL}/signin/")


def test_a_link_works_once_and_looking_at_it_does_not_count(sessions: Sessions, owner: User) -> None:
    secret = make_secret(sessions, owner)
    with sessions.begin() as session:
        assert is_usable(session, secret, NOW)
        assert is_usable(session, secret, NOW)
        used = use_signin_link(session, secret, NOW)
        assert used is not None
        assert used.id == owner.id
        assert not is_usable(session, secret, NOW)
        assert use_signin_link(session, secret, NOW) is None


def test_a_link_ends_after_fifteen_minutes(sessions: Sessions, owner: User) -> None:
    secret = make_secret(sessions, owner)
    with sessions.begin() as session:
        assert is_usable(session, secret, NOW + LINK_LIFETIME - timedelta(seconds=1))
        assert use_signin_link(session, secret, NOW + LINK_LIFETIME) is None
    assert timedelta(minutes=15) == LINK_LIFETIME


def test_only_a_digest_of_the_secret_is_kept(sessions: Sessions, owner: User) -> None:
    secret = make_secret(sessions, owner)
    with sessions() as session:
        link = session.scalars(select(SigninLink)).one()
        assert len(link.digest) == 32
        assert secret.encode() not in link.digest
        assert use_signin_link(session, secret + "x", NOW) is None
        assert use_signin_link(session, "\udcff", NOW) is None


def test_of_many_at_once_one_wins(sessions: Sessions, owner: User) -> None:
    secret = make_secret(sessions, owner)
    together = Barrier(5)
    won: list[bool] = []

    def use() -> None:
        together.wait(10)
        with sessions.begin() as session:
            won.append(use_signin_link(session, secret, NOW) is not None)

    threads = [Thread(target=use) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == [False] * 4 + [True]
