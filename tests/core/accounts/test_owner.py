from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy import func, select

from core.accounts.owner import PLACEHOLDER_EMAIL, change_email, ensure_owner, find_or_name_owner
from core.errors import InputError
from core.storage.engine import Sessions
from core.storage.models import User, Workspace

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

# What has nothing to do with the kind of database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_first_start_makes_one_owner_and_later_starts_find_them(sessions: Sessions) -> None:
    given: list[str] = []
    with sessions.begin() as session:
        owner = ensure_owner(session, NOW, lambda _, user: given.append(user.id))
    with sessions.begin() as session:
        again = ensure_owner(session, NOW, lambda _, user: given.append(user.id))
        assert (again.id, again.email, again.role) == (owner.id, PLACEHOLDER_EMAIL, "owner")
        assert given == [owner.id]
        assert session.scalar(select(func.count()).select_from(Workspace)) == 1


def test_processes_that_start_together_make_one_owner(sessions: Sessions) -> None:
    found: list[str] = []

    def start() -> None:
        with sessions.begin() as session:
            found.append(ensure_owner(session, NOW).id)

    starts = [Thread(target=start) for _ in range(6)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join(30)
    assert len(found) == 6
    assert len(set(found)) == 1
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1
        assert session.scalar(select(func.count()).select_from(Workspace)) == 1


def test_the_first_address_named_becomes_the_owners(sessions: Sessions) -> None:
    with sessions.begin() as session:
        owner = ensure_owner(session, NOW)
        assert find_or_name_owner(session, "  Olga@Example.com ").id == owner.id
        assert owner.email == "Olga@Example.com"
        assert find_or_name_owner(session, "olga@example.COM").id == owner.id
        assert find_or_name_owner(session, None).id == owner.id
        with pytest.raises(InputError, match=r"Nobody here has the address eve@example\.com"):
            find_or_name_owner(session, "eve@example.com")


@ON_SQLITE
@pytest.mark.parametrize("text", ["", "olga", "@example.com", "olga@", "a b@example.com", "a\n@example.com", "x" * 260])
def test_what_is_no_address_is_refused(sessions: Sessions, text: str) -> None:
    with sessions.begin() as session:
        ensure_owner(session, NOW)
        with pytest.raises(InputError):
            find_or_name_owner(session, text)


def test_an_installation_that_never_started_says_how_to_start_it(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(InputError, match="make run"):
        find_or_name_owner(session, None)


def test_an_address_of_someone_else_cannot_be_taken(sessions: Sessions, owner: User) -> None:
    with sessions.begin() as session:
        session.add(User(workspace_id=owner.workspace_id, email="ann@example.com", role="member", created_at=NOW))
        session.flush()
        with pytest.raises(InputError, match="Another account"):
            change_email(session, owner.id, "ANN@example.com")


@pytest.mark.parametrize("role", ["member", "admin"])
def test_only_an_owner_takes_an_address_that_nobody_vouches_for(sessions: Sessions, owner: User, role: str) -> None:
    with sessions.begin() as session:
        other = User(workspace_id=owner.workspace_id, email="ann@example.com", role=role, created_at=NOW)
        session.add(other)
        session.flush()
        with pytest.raises(InputError, match="invited"):
            change_email(session, other.id, "colleague@example.com")
        assert change_email(session, other.id, "Ann@example.com") == "Ann@example.com"
