"""Routes of people written to: what is held on an address, and its erasure."""

from __future__ import annotations

from typing import Any

from core.accounts.audit import AuditAction, record_audit, record_look
from core.accounts.scopes import Scope
from core.errors import InputError
from core.messages.draft import clean_address, fold_address
from core.privacy.erasure import choose_reach, erase_recipient
from core.privacy.held import describe_recipient
from core.storage.accounts import User
from core.web.api.operation import Call, Operations, Reply
from core.web.api.problems import Problem
from core.web.api.reading import refuse_parameter
from core.web.api.responses import ErasureReport, HeldData

operations = Operations("recipients")


@operations.add(
    "GET", "/recipients/{address}", "Read what is held on an address", scope=Scope.READ_RECIPIENTS, answer=HeldData
)
def get_recipient(call: Call[None, None]) -> Reply:
    """Read what is held on an address in one's own messages and those that teammates share, as one JSON document."""
    with call.services.reading_sessions() as session:
        held = describe_recipient(session, call.caller.sight, _read_address(call))
    if not held["messages"]:
        raise Problem(404, "Nothing is held on this address.")
    record_look(
        call.services.reading_sessions,
        call.services.sessions,
        workspace_id=call.caller.workspace_id,
        actor_id=call.caller.user_id,
        action=AuditAction.RECIPIENT_VIEWED,
        now=call.services.now(),
        address=held["address"],
    )
    return Reply(held)


@operations.add(
    "DELETE", "/recipients/{address}", "Erase an address", scope=Scope.ERASE_RECIPIENTS, answer=ErasureReport
)
def delete_recipient(call: Call[None, None]) -> Reply:
    """Erase all that is held on an address, at once: in the whole workspace by a token of its owner or an admin, in
    one's own messages by a member's. Opens and clicks of a copy that several people got go too, since they may be this
    person's. Erasing what is not there is harmless."""
    address = _read_address(call)
    services = call.services
    with services.sessions.begin() as session:
        reach = choose_reach(call.caller.sight, session.get_one(User, call.caller.user_id).role)
        result = erase_recipient(session, reach, address, services.keys(), services.now())
        record_audit(
            session,
            workspace_id=call.caller.workspace_id,
            actor_id=call.caller.user_id,
            action=AuditAction.ERASURE,
            now=services.now(),
            detail="by the API",
        )
    services.after_erasure()
    return Reply(
        {
            "address": fold_address(address),
            "recipients": result.recipients,
            "copies": result.copies,
            "messages": result.messages,
            "events": result.events,
            "alerts": result.alerts,
        }
    )


def _read_address(call: Call[Any, Any]) -> str:
    try:
        return clean_address(call.path["address"])
    except InputError as error:
        raise refuse_parameter("address", str(error)) from error
