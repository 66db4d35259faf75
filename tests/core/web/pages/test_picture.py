from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.signal.evidence import Kind, Verdict
from core.timeline.events import EventItem
from core.web.pages.picture import draw_timeline

SENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def make_event(after: float, verdict: Verdict | None, kind: Kind = Kind.OPEN) -> EventItem:
    return EventItem(
        id=f"{after}-{verdict}",
        revision=1,
        message_id="m",
        recipient=None,
        kind=kind,
        at=SENT + timedelta(seconds=after),
        verdict=verdict,
        confidence=0.9,
        reasons=(),
        rules="1",
        client=None,
        location=None,
        link=None,
        corrected=None,
        settles_at=None,
        position=1,
    )


EVENTS = st.lists(
    st.builds(
        make_event,
        st.floats(-1e6, 1e8),
        st.sampled_from([*Verdict, None]),
        st.sampled_from(Kind),
    ),
    max_size=60,
)


@given(events=EVENTS, width=st.sampled_from([340.0, 680.0]))
def test_every_event_is_inside_the_picture_and_none_is_lost(events: list[EventItem], width: float) -> None:
    picture = draw_timeline(events, SENT, width=width)
    dots = [dot for lane in picture.lanes for dot in lane.dots]
    assert sum(dot.more or 1 for dot in dots) == len(events)
    for lane in picture.lanes:
        for dot in lane.dots:
            assert picture.left <= dot.x <= width
            assert lane.top <= dot.y <= lane.top + lane.height
    ticks = [x for x, _ in picture.ticks]
    assert ticks == sorted(ticks)
    assert all(later - earlier >= 50 for earlier, later in pairwise(ticks))


@given(events=EVENTS)
def test_dots_do_not_hide_each_other(events: list[EventItem]) -> None:
    for lane in draw_timeline(events, SENT, width=680).lanes:
        places = [(dot.x, dot.y) for dot in lane.dots]
        for number, (x, y) in enumerate(places):
            assert all(abs(x - other) > 19 or abs(y - height) > 19 for other, height in places[:number])


def test_people_machines_and_the_sender_have_their_own_lanes() -> None:
    events = [make_event(2, Verdict.PREFETCH), make_event(60, Verdict.HUMAN), make_event(90, Verdict.SELF)]
    picture = draw_timeline(events, SENT, width=680)
    assert [lane.name for lane in picture.lanes] == ["People", "Machines", "You"]
    assert [len(lane.dots) for lane in picture.lanes] == [1, 1, 1]
    assert [words.text for words in picture.legend] == ["A person", "Fetched ahead by a machine", "You"]
    assert picture.lanes[1].dots[0].x < picture.lanes[0].dots[0].x < picture.lanes[2].dots[0].x
