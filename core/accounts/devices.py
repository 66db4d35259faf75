"""A browser in words, and whether a person used it here before. Nothing is left in the browser to tell it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.storage.accounts import Signin, User
from core.wording import mark

USER_AGENT_CHARACTERS: Final = 200
_FRESH: Final = timedelta(days=1)
_HISTORY: Final = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its User-Agent, the network (a cut address), and that network's place."""

    user_agent: str = ""
    network: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A browser in words; None where it does not tell."""

    browser: str | None
    system: str | None

    def __str__(self) -> str:
        if self.browser and self.system:
            return f"{self.browser} on {self.system}"
        return self.browser or self.system or mark("An unknown program")

    @property
    def family(self) -> tuple[str | None, str | None]:
        """What stays the same when the browser or its system is updated."""
        return self.browser, self.system.partition(" ")[0] if self.system else None


def describe_device(user_agent: str | None) -> Device:
    """Put a User-Agent header into words."""
    from core.enrich.agents import describe_agent  # late: its tables take a while to load, and few pages need them

    client = describe_agent(user_agent or "")
    # Browsers on Windows 11 say that it is Windows 10.
    return Device(client.name, "Windows" if client.os == "Windows 10" else client.os)


def is_new_device(session: Session, user: User, origin: Origin, now: datetime) -> bool:
    """Say whether a person's browser or network was not seen at their sign-ins of the last 90 days.

    Known is a browser of the same make on the same system, in a network that the person has signed in from before;
    sign-ins that were disowned do not count. The first sign-in to a new account is no news.
    """
    past = session.execute(
        select(Signin.user_agent, Signin.network)
        .where(Signin.user_id == user.id, Signin.disowned_at.is_(None))
        .order_by(Signin.at.desc())
        .limit(_HISTORY)
    ).all()
    if not past:
        return now - user.created_at > _FRESH
    families = {describe_device(user_agent).family for user_agent in {row.user_agent for row in past}}
    is_known = describe_device(origin.user_agent[:USER_AGENT_CHARACTERS]).family in families
    return not (is_known and origin.network in {row.network for row in past})
