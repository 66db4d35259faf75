"""Routes of events: the feed, and the correction of one."""

from __future__ import annotations

from core.accounts.scopes import Scope
from core.errors import InputError
from core.signal.evidence import Verdict
from core.timeline.correction import correct_event, load_event
from core.timeline.events import describe_event
from core.timeline.feed import find_event, read_feed
from core.web.api.fields import PageQuery
from core.web.api.idempotency import RepeatedRequest, carry_out, check_repeat
from core.web.api.operation import Call, Operations, Reply
from core.web.api.problems import not_found
from core.web.api.reading import refuse_parameter
from core.web.api.requests import Correction
from core.web.api.responses import Event, EventFeed

operations = Operations("events")


@operations.add("GET", "/events", "Follow all events", scope=Scope.READ_EVENTS, query=PageQuery, answer=EventFeed)
def get_events(call: Call[None, PageQuery]) -> Reply:
    """Read the feed of all messages, in the order in which events were judged. Come back with `next`: nothing appears
    behind a cursor that was handed out. A re-judged event comes again, with the same id and a higher revision."""
    query = call.query
    with call.services.reading_sessions() as session:
        try:
            page = read_feed(session, call.caller.sight, cursor=query.cursor, limit=query.limit)
        except InputError as error:
            raise refuse_parameter("cursor", str(error)) from error
    return Reply({"items": [describe_event(item) for item in page.items], "next": page.next_cursor})


@operations.add(
    "POST",
    "/events/{event_id}/correction",
    "Correct an event",
    scope=Scope.WRITE_MESSAGES,
    body=Correction,
    answer=Event,
)
def post_correction(call: Call[Correction, None]) -> Reply:
    """Say what an open or click really was; it is judged anew with it. A null verdict takes the correction back."""
    verdict = Verdict(call.body.verdict) if call.body.verdict is not None else None
    due: list[str] = []
    try:
        check_repeat(call, "correction")
        with carry_out(call, "correction") as (session, made):
            event = load_event(session, call.caller.sight, call.path["event_id"])
            if event is None:
                raise not_found("event")
            due.extend(correct_event(session, event, verdict, call.services.rejudge))
            made.append(event.id)
    except RepeatedRequest:
        pass
    call.services.deliver(due)
    with call.services.reading_sessions() as session:
        item = find_event(session, call.caller.sight, call.path["event_id"])
    if item is None:
        raise not_found("event")
    return Reply(describe_event(item))
