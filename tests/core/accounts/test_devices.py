"""Which sign-ins are told of by mail: browsers and networks not seen before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.accounts.devices import Origin, describe_device
from core.accounts.entry import BY_LINK, sign_in
from core.accounts.sessions import SIGNINS_KEPT_FOR, remove_expired
from core.storage.engine import Sessions
from core.storage.models import Notice, Session, Signin, User

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
NEWER_FIREFOX = FIREFOX.replace("132.0", "140.0")
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
HOME, ELSEWHERE = "192.0.2.0/24", "198.51.100.0/24"


def enter(sessions: Sessions, owner: User, agent: str, network: str | None, now: datetime = NOW) -> int:
    """Sign in and return how many notices there are then."""
    with sessions.begin() as session:
        sign_in(session, owner.id, BY_LINK, Origin(agent, network, "Graz, AT"), now, None)
    with sessions() as session:
        return len(session.scalars(select(Notice)).all())


def test_a_browser_known_in_a_network_known_is_no_news(sessions: Sessions, owner: User) -> None:
    assert enter(sessions, owner, FIREFOX, HOME) == 1
    assert enter(sessions, owner, FIREFOX, HOME) == 1
    assert enter(sessions, owner, NEWER_FIREFOX, HOME) == 1, "an update makes no other browser"
    assert enter(sessions, owner, CHROME, HOME) == 2
    assert enter(sessions, owner, FIREFOX, ELSEWHERE) == 3
    assert enter(sessions, owner, CHROME, ELSEWHERE) == 3


def test_the_first_sign_in_to_a_new_account_is_no_news(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        session.execute(update(User).values(created_at=NOW - timedelta(minutes=5)))
    assert enter(sessions, owner, FIREFOX, HOME) == 0
    assert enter(sessions, owner, CHROME, HOME) == 1


def test_a_disowned_sign_in_makes_no_browser_known(sessions: Sessions, owner: User) -> None:
    enter(sessions, owner, FIREFOX, HOME)
    with sessions.begin() as session:
        session.execute(update(Signin).values(disowned_at=NOW))
    assert enter(sessions, owner, FIREFOX, HOME) == 2


def test_the_mail_says_when_where_and_with_what(sessions: Sessions, owner: User) -> None:
    enter(sessions, owner, FIREFOX, HOME)
    with sessions() as session:
        facts = session.scalars(select(Notice.facts)).one()
    for word in ("Firefox on Linux", "Graz, AT", "192.0.2.0/24", "one-time link"):
        assert word in facts


def test_sign_ins_are_kept_for_ninety_days_and_sessions_as_long_as_they_live(sessions: Sessions, owner: User) -> None:
    enter(sessions, owner, FIREFOX, HOME, NOW - SIGNINS_KEPT_FOR)
    enter(sessions, owner, FIREFOX, HOME, NOW - timedelta(days=89))
    enter(sessions, owner, FIREFOX, HOME)
    with sessions.begin() as session:
        remove_expired(session, NOW)
    with sessions() as session:
        assert len(session.scalars(select(Signin)).all()) == 2
        (live,) = session.scalars(select(Session)).all()
        assert (live.network, live.place, live.way) == (HOME, "Graz, AT", BY_LINK)


@pytest.mark.parametrize(
    ("agent", "words"),
    [(FIREFOX, "Firefox on Linux"), (CHROME, "Chrome on Windows"), ("", "An unknown program"), ("\0é", None)],
)
def test_a_browser_is_named_in_words(agent: str, words: str | None) -> None:
    found = str(describe_device(agent))
    assert found
    assert words is None or found == words
