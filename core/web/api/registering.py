"""Registering a message through the API: from what a client sends, and what its sender chose, to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.errors import InputError
from core.messages.choice import Choice, TrackingDefaults, choose_tracked, read_defaults
from core.messages.copies import RenderedCopy, leave_alone
from core.messages.draft import (
    DraftRecipient,
    MessageDraft,
    Mode,
    RecipientKind,
    clean_name,
    collapse_recipients,
    fold_address,
)
from core.messages.exclusions import Exclusions, load_exclusions
from core.messages.register import (
    Registered,
    load_planned_copies,
    prepare_message,
    rebuild_message,
    store_message,
)
from core.storage.accounts import User
from core.web.api.idempotency import RepeatedRequest, carry_out, check_repeat
from core.web.api.operation import Call, Reply
from core.web.api.problems import FieldError, Problem
from core.web.api.requests import NewMessage


def register(call: Call[NewMessage, None]) -> Reply:
    """Register a message, or hand it back as it is where nothing of it may be tracked."""
    services = call.services
    draft, exclusions = _build_draft(call)
    choice = choose_tracked(draft, exclusions)
    try:
        check_repeat(call, "register")
        if choice.tracked is None:
            return _answer_untracked(draft, choice)
        prepared, registered = prepare_message(services.signer(), services.settings.tracking_url, choice.tracked)
        prepared = replace(prepared, is_over_temporary_url=services.settings.has_temporary_url)
        with carry_out(call, "register") as (session, made):
            user = session.get_one(User, call.caller.user_id)
            store_message(session, user, prepared, services.now())
            made.append(prepared.message_id)
    except RepeatedRequest as repeated:
        registered = _rebuild(call, draft, repeated.resource_id)
    content = _describe(call, draft, registered)
    return Reply(content, {"Location": f"/api/v1/messages/{registered.message_id}"})


def _build_draft(call: Call[NewMessage, None]) -> tuple[MessageDraft, Exclusions]:
    body = call.body
    with call.services.reading_sessions() as session:
        user = session.get_one(User, call.caller.user_id)
        exclusions = load_exclusions(session, user.workspace_id, user.id, call.services.keys())
    defaults = read_defaults(user)
    draft = MessageDraft(
        subject=body.subject,
        sender=body.sender or user.email,
        recipients=_collapse(body),
        links=tuple(body.links),
        html=body.html,
        mode=_choose_mode(body, defaults),
        sent_at=body.sent_at,
        tracks_opens=defaults.opens if body.track_opens is None else body.track_opens,
        tracks_links=defaults.links if body.track_links is None else body.track_links,
    )
    return draft, exclusions


def _collapse(body: NewMessage) -> tuple[DraftRecipient, ...]:
    recipients = (
        DraftRecipient(recipient.address, clean_name(recipient.name), RecipientKind(recipient.kind))
        for recipient in body.recipients
    )
    try:
        return collapse_recipients(recipients)
    except InputError as error:
        raise Problem(422, str(error), [FieldError(str(error), pointer="/recipients")]) from error


def _choose_mode(body: NewMessage, defaults: TrackingDefaults) -> Mode:
    if body.mode is not None:
        return Mode(body.mode)
    return Mode.PER_RECIPIENT if defaults.per_recipient else Mode.SHARED


def _rebuild(call: Call[NewMessage, None], draft: MessageDraft, message_id: str) -> Registered:
    services = call.services
    with services.reading_sessions() as session:
        planned = load_planned_copies(session, message_id)
    if not planned:
        raise Problem(409, "What this Idempotency-Key made was deleted since: use a new one.")
    return rebuild_message(services.signer(), services.settings.tracking_url, message_id, planned, draft)


def _answer_untracked(draft: MessageDraft, choice: Choice) -> Reply:
    is_shared = draft.mode is Mode.SHARED
    groups = [draft.recipients] if is_shared else [(recipient,) for recipient in draft.recipients]
    copies = [_describe_copy(leave_alone(draft, group)) for group in groups]
    content = {"id": None, "tracked": False, "reason": choice.reason, "temporary_url": False, "copies": copies}
    return Reply(content, status=200)


def _describe(call: Call[NewMessage, None], draft: MessageDraft, registered: Registered) -> dict[str, Any]:
    copies = _complete(draft, registered.copies)
    return {
        "id": registered.message_id,
        "tracked": True,
        "reason": None,
        "temporary_url": call.services.settings.has_temporary_url,
        "copies": [_describe_copy(copy) for copy in copies],
    }


def _complete(draft: MessageDraft, tracked: Sequence[RenderedCopy]) -> list[RenderedCopy]:
    """Return all copies in the order of the recipients, those included that stay as they were written."""
    if draft.mode is Mode.SHARED:
        return list(tracked)
    by_address = {fold_address(address): copy for copy in tracked for address in copy.recipients}
    return [
        by_address.get(fold_address(recipient.address)) or leave_alone(draft, (recipient,))
        for recipient in draft.recipients
    ]


def _describe_copy(copy: RenderedCopy) -> dict[str, Any]:
    described = {
        "recipients": list(copy.recipients),
        "tracked": copy.is_tracked,
        "pixel_url": copy.pixel_url,
        "page_url": copy.page_url,
        "links": copy.links,
    }
    return described if copy.html is None else {**described, "html": copy.html}
