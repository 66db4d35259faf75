"""Whatever a recipient's client sends with a genuine token, its hit is stored and holds up no other on the message.

A batch that cannot be stored would be shipped for ever, and those beside it with it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.enrich.enricher import Enricher
from core.hits.record import encode_record
from core.hits.store import HitStore
from core.keys import KeyRing
from core.messages.draft import DraftRecipient, MessageDraft
from core.messages.register import register_message
from core.signal.evidence import KEPT_HEADERS
from core.storage.engine import Sessions
from core.storage.models import Copy, Event, User
from core.tokens import TokenSigner

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEYS = sorted(f"HTTP_{name.upper().replace('-', '_')}" for name in KEPT_HEADERS)
NASTY = (
    *(
        "",
        " ",
        "\x00",
        "\x00" * 600,
        "\\u0000",
        '\\u0000"',
        "\\",
        '"',
        "'",
        "';DROP TABLE events;--",
        "%s %(a)s :a {x}",
    ),
    *(
        "\ud800",
        "\udfff\ud800",
        "\U0010ffff" * 600,
        "\x7f\x80\xff",
        "\r\nSet-Cookie: a=b",
        "\u2028\u202e\ufeff",
        "é" * 600,
    ),
    "Mozilla/5.0 (Linux; Android 9; " + "A" * 480 + " Build/B)",
    "Mozilla/5.0 (Linux; Android " + "9" * 400 + "; SM-" + "G" * 60 + ") Chrome/" + "1" * 300,
    "Mozilla/5.0 (iPhone; CPU iPhone OS " + "1_" * 200 + " like Mac OS X) AppleWebKit",
    *(
        "x" * 70_000,
        "https://" + "h" * 400,
        "https://[::1",
        "://",
        "1" * 400,
        "-1",
        "99999999999999999999999",
        "NaN",
        "null",
    ),
)
ADDRESSES = (
    "93.184.216.34",
    "2001:db8::1",
    "fe80::1%eth0",
    "::ffff:1.2.3.4",
    "",
    "nobody",
    "9" * 300,
    "1.2.3.4\x00",
    "\ud800",
)


@pytest.fixture
def store(sessions: Sessions, ring: KeyRing, tmp_path: Path) -> HitStore:
    """A store with what tells programs and networks as it is."""
    return HitStore(sessions, Enricher(tmp_path).describe, ring, lambda *_: [])


@pytest.fixture
def copy_id(sessions: Sessions, signer: TokenSigner, owner: User) -> int:
    """A copy of a tracked message."""
    draft = MessageDraft("Offer", "olga@example.com", (DraftRecipient("ann@example.com"),))
    with sessions.begin() as session:
        register_message(session, signer, "http://x", owner, draft, NOW - timedelta(hours=1))
        return session.scalars(select(Copy.id)).one()


def make_environ(choose: random.Random) -> dict[str, Any]:
    """Make what a hostile client may send."""
    keys = choose.sample(KEYS, choose.randrange(len(KEYS) + 1))
    method = choose.choice(("GET", "HEAD", "POST", "BREW", "M" * 300))
    return {"REQUEST_METHOD": method, "HTTP_USER_AGENT": choose.choice(NASTY)} | {
        key: choose.choice(NASTY) for key in keys
    }


def test_every_hostile_hit_is_stored_and_read_back_with_the_next(
    store: HitStore, sessions: Sessions, copy_id: int
) -> None:
    choose, position = random.Random(7), 0
    for batch in range(30):
        at = NOW + timedelta(seconds=batch)
        moments = [int((at + timedelta(milliseconds=index)).timestamp() * 1e6) for index in range(10)]
        payload = b"".join(
            encode_record("oc"[choose.randrange(2)], moment, copy_id, 1, choose.choice(ADDRESSES), make_environ(choose))
            for moment in moments
        )
        assert store.store("a", position, position + len(payload), payload).events == 10
        position += len(payload)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 300


@pytest.mark.parametrize("nasty", NASTY)
def test_each_nasty_value_alone_is_stored(store: HitStore, copy_id: int, nasty: str) -> None:
    environ = {"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": nasty} | dict.fromkeys(KEYS, nasty)
    for start in (0, 100_000):
        payload = encode_record("o", int(NOW.timestamp() * 1e6) + start, copy_id, None, "192.0.2.1", environ)
        assert store.store("a", start, start + len(payload), payload).events == 1
