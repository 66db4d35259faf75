"""Routes of messages: register, list, read, remove, the timeline of one, the sender's heads-up."""

from __future__ import annotations

from core.accounts.scopes import Scope
from core.errors import InputError
from core.messages.lookup import load_message, load_own_message
from core.messages.removal import delete_message
from core.messages.views import record_view
from core.timeline.events import describe_event
from core.timeline.feed import list_message_events
from core.timeline.messages import describe_message, find_message
from core.timeline.outbox import MessageFilter, list_messages
from core.web.api.fields import PageQuery
from core.web.api.idempotency import RepeatedRequest, carry_out, check_repeat
from core.web.api.operation import Call, Operations, Reply
from core.web.api.problems import not_found
from core.web.api.reading import refuse_parameter
from core.web.api.registering import register
from core.web.api.requests import MessageQuery, NewMessage, SenderView
from core.web.api.responses import EventPage, Message, MessagePage, RegisteredMessage

operations = Operations("messages")

MESSAGE_BODY_BYTES = 32 * 1024 * 1024  # 10 MB of HTML, each character written as \uXXXX


@operations.add(
    "POST",
    "/messages",
    "Register a message",
    scope=Scope.WRITE_MESSAGES,
    body=NewMessage,
    body_limit=MESSAGE_BODY_BYTES,
    answer=RegisteredMessage,
    status=201,
    other_status=200,
)
def register_message(call: Call[NewMessage, None]) -> Reply:
    """Register a message to be tracked. With `links` its body never leaves the client; with `html` it is rewritten in
    memory and never stored. Recipients who are never tracked (see the settings) get copies as they were written; where
    nothing may be tracked, nothing is registered, and the answer is 200 with a null `id` and the reason."""
    return register(call)


@operations.add("GET", "/messages", "List messages", scope=Scope.READ_MESSAGES, query=MessageQuery, answer=MessagePage)
def get_messages(call: Call[None, MessageQuery]) -> Reply:
    """List one's own messages and those that teammates share, newest first."""
    query = call.query
    wanted = MessageFilter(q=query.q, recipient=query.recipient, status=query.status, since=query.since)
    with call.services.reading_sessions() as session:
        try:
            page = list_messages(session, call.caller.sight, wanted, cursor=query.cursor, limit=query.limit)
        except InputError as error:
            raise refuse_parameter("cursor", str(error)) from error
    return Reply({"items": [describe_message(item) for item in page.items], "next": page.next_cursor})


@operations.add("GET", "/messages/{message_id}", "Read a message", scope=Scope.READ_MESSAGES, answer=Message)
def get_message(call: Call[None, None]) -> Reply:
    """Read one message."""
    with call.services.reading_sessions() as session:
        message = find_message(session, call.caller.sight, call.path["message_id"])
    if message is None:
        raise not_found("message")
    return Reply(describe_message(message))


@operations.add("DELETE", "/messages/{message_id}", "Remove a message", scope=Scope.WRITE_MESSAGES, status=204)
def remove_message(call: Call[None, None]) -> Reply:
    """Remove a message with its events. Links in mail once sent go on redirecting; nothing is recorded any more."""
    with call.services.sessions.begin() as session:
        if not delete_message(session, call.caller.sight, call.path["message_id"]):
            raise not_found("message")
    return Reply(None)


@operations.add(
    "GET",
    "/messages/{message_id}/events",
    "Read a message's timeline",
    scope=Scope.READ_EVENTS,
    query=PageQuery,
    answer=EventPage,
)
def get_message_events(call: Call[None, PageQuery]) -> Reply:
    """List the events of one message, oldest first."""
    query = call.query
    with call.services.reading_sessions() as session:
        message = load_message(session, call.caller.sight, call.path["message_id"])
        if message is None:
            raise not_found("message")
        try:
            page = list_message_events(session, message.id, cursor=query.cursor, limit=query.limit)
        except InputError as error:
            raise refuse_parameter("cursor", str(error)) from error
    return Reply({"items": [describe_event(item) for item in page.items], "next": page.next_cursor})


@operations.add(
    "POST",
    "/messages/{message_id}/viewed",
    "Say that the sender looks at a message",
    scope=Scope.WRITE_MESSAGES,
    body=SenderView,
    body_optional=True,
    status=204,
)
def record_message_view(call: Call[SenderView, None]) -> Reply:
    """Say that the sender is looking at this message now, so that the hits around it are the sender's own."""
    now = call.services.now()
    at = min(call.body.at or now, now)
    due: list[str] = []
    try:
        check_repeat(call, "viewed")
        with carry_out(call, "viewed") as (session, made):
            message = load_own_message(session, call.caller.sight, call.path["message_id"], lock=True)
            if message is None:
                raise not_found("message")
            made.append(record_view(session, message, call.caller.user_id, at))
            due.extend(call.services.rejudge(session, message.id, at, at))
    except RepeatedRequest:
        return Reply(None)
    call.services.deliver(due)
    return Reply(None)
