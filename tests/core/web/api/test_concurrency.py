"""Calls at once with the real judge: nothing waits for ever, nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from core.enrich.enricher import Enriched
from core.hits.store import HitStore
from core.keys import KeyRing
from core.settings import Settings
from core.signal.evidence import Client, Network
from core.storage.engine import Sessions
from core.storage.models import Event, User, View
from tests.support.api import ApiClient, add_event, create_client


def test_views_and_corrections_of_one_message_at_once_all_count(
    settings: Settings, sessions: Sessions, reading_sessions: Sessions, ring: KeyRing, owner: User
) -> None:
    store = HitStore(
        sessions, lambda _address, _agent: Enriched(Network(), Client(), None), ring, lambda _s, _changes, _now: []
    )
    api = create_client(settings, sessions, reading_sessions, ring, owner, judge=store.rejudge)
    message_id = api.register()["id"]
    events = [add_event(sessions, message_id, user_agent="Mozilla/5.0", method="GET") for _ in range(6)]

    def call(number: int) -> int:
        mine = ApiClient(api.app, api.token, api.judge, api.clock, [], api.app.test_client())
        if number % 2:
            status: int = mine.post(f"/messages/{message_id}/viewed").status_code
        else:
            path = f"/events/{events[number // 2 % 6]}/correction"
            status = mine.post(path, {"verdict": "scanner"}).status_code
        return status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(call, range(24)))

    assert set(statuses) == {200, 204}
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(View)) == 12
        assert set(session.scalars(select(Event.verdict))) == {"scanner"}
    assert api.get(f"/messages/{message_id}").json["counts"]["scanner"] == 6
