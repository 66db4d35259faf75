from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.signal.evidence import Kind, Verdict
from core.timeline.events import EventItem
from core.web.pages.picture import draw_timeline

SENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def make_event(
    after: float, verdict: Verdict | None, kind: Kind = Kind.OPEN, recipient: str | None = None, confidence: float = 0.9
) -> EventItem:
    return EventItem(
        id=f"{after}-{verdict}",
        revision=1,
        message_id="m",
        recipient=recipient,
        kind=kind,
        at=SENT + timedelta(seconds=after),
        verdict=verdict,
        confidence=confidence,
        reasons=(),
        rules="1",
        client=None,
        location=None,
        link=None,
        corrected=None,
        settles_at=None,
        position=1,
    )


READERS = {f"reader{number}@example.com": f"Reader number {number}" for number in range(14)}
EVENTS = st.lists(
    st.builds(
        make_event,
        st.floats(-1e6, 1e8),
        st.sampled_from([*Verdict, None]),
        st.sampled_from(Kind),
        st.sampled_from([*READERS, None]),
        st.floats(0, 1),
    ),
    max_size=60,
)


@given(events=EVENTS, width=st.sampled_from([340.0, 680.0]), readers=st.integers(0, 14))
def test_every_event_is_inside_the_picture_and_none_is_lost(
    events: list[EventItem], width: float, readers: int
) -> None:
    picture = draw_timeline(events, SENT, width=width, readers=dict(list(READERS.items())[:readers]))
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


def test_each_reader_who_can_be_told_has_a_lane_also_one_of_whom_nothing_is_seen() -> None:
    readers = {"ann@example.com": "Ann", "ben@example.com": "Ben"}
    events = [make_event(60, Verdict.HUMAN, recipient="ann@example.com"), make_event(90, Verdict.HUMAN)]
    picture = draw_timeline(events, SENT, width=680, readers=readers)
    assert [(lane.name, len(lane.dots)) for lane in picture.lanes] == [
        ("Ann", 1),
        ("Ben", 0),
        ("One of them", 1),
        ("Machines", 0),
    ]
    assert "Ben: nothing" in picture.summary
    assert "Ann: 1 event, the first 1 min after sending" in picture.summary


def test_more_readers_than_there_is_room_for_share_the_last_lane() -> None:
    events = [make_event(60, Verdict.HUMAN, recipient="reader13@example.com")]
    lanes = draw_timeline(events, SENT, width=340, readers=READERS).lanes
    assert len(lanes) == 13
    assert [lane.title for lane in lanes if lane.dots] == ["Reader number 13"]
    assert lanes[-2].name == "3 others"
    assert all(len(lane.name) <= 13 for lane in lanes)


def test_what_is_surer_is_drawn_larger() -> None:
    events = [
        make_event(10.0**power, Verdict.HUMAN, confidence=sure) for power, sure in ((1, 0.95), (3, 0.6), (5, 0.4))
    ]
    scales = [dot.scale for lane in draw_timeline(events, SENT, width=680).lanes for dot in lane.dots]
    assert scales == sorted(scales, reverse=True)
    assert len(set(scales)) == 3


def test_two_thousand_events_stay_a_picture_of_some_hundred_signs() -> None:
    events = [make_event(number * 977.0, list(Verdict)[number % 6]) for number in range(2000)]
    picture = draw_timeline(events, SENT, width=680)
    assert sum(len(lane.dots) for lane in picture.lanes) < 400
    assert picture.height < 600
