"""E-mail domains whose people may join a workspace without an invitation, if the owner allows it.

Nobody proves a domain here by DNS: what counts is that at each sign-in the provider vouches that the account belongs to
the organisation of that very domain. So a domain that is not the owner's own lets in whoever runs it, which the page
says, and domains at which anyone gets an address are refused.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.accounts.audit import AuditAction, record_audit
from core.accounts.sessions import Viewer
from core.errors import InputError
from core.storage.people import JoiningDomain

_DOMAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.ASCII)
_MOST: Final = 50
# Where anyone gets an address.
PUBLIC_DOMAINS: Final = frozenset(
    [
        "126.com",
        "163.com",
        "aol.com",
        "att.net",
        "bigpond.com",
        "bluewin.ch",
        "btinternet.com",
        "comcast.net",
        "duck.com",
        "email.com",
        "fastmail.com",
        "free.fr",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.es",
        "hotmail.fr",
        "hotmail.it",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.co.uk",
        "live.com",
        "live.fr",
        "live.nl",
        "mac.com",
        "mail.com",
        "mail.ru",
        "mailbox.org",
        "me.com",
        "msn.com",
        "naver.com",
        "onmicrosoft.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.es",
        "outlook.fr",
        "outlook.it",
        "pm.me",
        "posteo.de",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rediffmail.com",
        "rocketmail.com",
        "sbcglobal.net",
        "t-online.de",
        "tuta.com",
        "tutanota.com",
        "uol.com.br",
        "verizon.net",
        "virgilio.it",
        "wanadoo.fr",
        "web.de",
        "yahoo.ca",
        "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.com.br",
        "yahoo.de",
        "yahoo.es",
        "yahoo.fr",
        "yahoo.it",
        "yandex.com",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
    ]
)


def allow_domain(session: Session, actor: Viewer, text: str, now: datetime) -> str:
    """Let the people of a domain join, and return it. Raises InputError."""
    domain = parse_domain(text)
    row = session.get(JoiningDomain, domain)
    if row is not None and row.workspace_id != actor.workspace_id:
        raise InputError(f"{domain} belongs to another workspace of this installation.")
    if row is None:
        if len(list_domains(session, actor.workspace_id)) >= _MOST:
            raise InputError(f"There are {_MOST} domains already. Remove one before you add another.")
        session.add(JoiningDomain(domain=domain, workspace_id=actor.workspace_id, created_at=now))
        session.flush()
        _audit(session, actor, f"people of {domain} may join", now)
    return domain


def disallow_domain(session: Session, actor: Viewer, text: str, now: datetime) -> bool:
    """End that people of a domain may join; who joined stays. Return whether there was such a domain."""
    own = (JoiningDomain.domain == text.strip().lower(), JoiningDomain.workspace_id == actor.workspace_id)
    gone = session.scalar(delete(JoiningDomain).where(*own).returning(JoiningDomain.domain))
    if gone is not None:
        _audit(session, actor, f"people of {gone} may no longer join", now)
    return gone is not None


def list_domains(session: Session, workspace_id: str) -> list[str]:
    """List the domains whose people may join."""
    query = select(JoiningDomain.domain).where(JoiningDomain.workspace_id == workspace_id)
    return list(session.scalars(query.order_by(JoiningDomain.domain)))


def parse_domain(text: str) -> str:
    """Read a domain, without or with an @ before it. Raises InputError."""
    shown = text.strip()[:80]
    try:
        domain = text.strip().lower().removeprefix("@").rstrip(".").encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InputError(f"{shown!r} is not a domain such as example.com.") from error
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise InputError(f"{shown!r} is not a domain such as example.com.")
    if is_public(domain):
        raise InputError(f"Anyone gets an address at {domain}, so its people cannot join by it. Invite them instead.")
    return domain


def is_public(domain: str) -> bool:
    """Say whether anyone gets an address at a domain, or at the one above it."""
    return any(domain == public or domain.endswith(f".{public}") for public in PUBLIC_DOMAINS)


def _audit(session: Session, actor: Viewer, detail: str, now: datetime) -> None:
    record_audit(
        session,
        workspace_id=actor.workspace_id,
        actor_id=actor.user_id,
        action=AuditAction.SETTINGS_CHANGED,
        now=now,
        detail=detail,
    )
